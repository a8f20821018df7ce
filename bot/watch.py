"""supervisord that starts its processes at once: ``python -m bot.watch -n -c FILE``.

Its loop waits for a second before it looks at them first, a sixth of the time until the bot answers.
"""

from __future__ import annotations

from supervisor import supervisord


class Prompt(supervisord.Supervisor):
    """A supervisor whose processes do not wait for its first turn."""

    def runforever(self) -> None:
        """Start what starts by itself, then watch over it."""
        for group in self.process_groups.values():
            group.transition()
        super().runforever()


if __name__ == "__main__":
    supervisord.Supervisor = Prompt
    supervisord.main()
