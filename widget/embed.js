// The nurse's page: keeps the code and the preview in step with the form. Without it the form still works.
'use strict';
(() => {
  const at = (id) => document.getElementById(id);
  const form = at('embed');
  const { base, copied, failed } = form.dataset;
  const quoted = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  let timer;

  function update() {
    const place = at('place').value;
    const nurse = at('school_nurse').value.trim();
    const query = new URLSearchParams(nurse ? { place, school_nurse: nurse } : { place });
    const chat = `${base}chat?${query}`;
    const line = nurse ? ` data-school-nurse="${quoted(nurse)}"` : '';
    at('tag').value = `<script src="${quoted(base)}widget.js" data-place="${quoted(place)}"${line} async></` + 'script>';
    at('frame-tag').value = at('frame-tag').value.replace(/src="[^"]*"/, () => `src="${quoted(chat)}"`);
    at('copied').textContent = '';
    clearTimeout(timer);
    // Reloading the preview at each key would make it flicker.
    timer = setTimeout(() => { at('preview').src = chat; }, 600);
  }

  async function copy() {
    at('tag').select();
    try {
      await navigator.clipboard.writeText(at('tag').value);
      at('copied').textContent = copied;
    } catch {
      at('copied').textContent = failed;
    }
  }

  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => { event.preventDefault(); update(); });
  at('make').hidden = true;
  at('copy').hidden = false;
  at('copy').addEventListener('click', copy);
})();
