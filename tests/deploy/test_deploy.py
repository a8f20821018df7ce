"""The files of ``deploy/``: what a cluster would refuse, and what must stay true of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.metrics import REGISTRY
from bot.processes import newest_model
from bot.settings import ROOT, Settings

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
MANIFESTS = [
    manifest
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


def name_of(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def schemas() -> Path:
    """Return the folder of Kubernetes's own schemas, found without importing the package that brings them."""
    spec = find_spec("kubernetes_validate")
    assert spec is not None
    assert spec.submodule_search_locations
    versions = Path(spec.submodule_search_locations[0], "kubernetes-json-schema").glob("v1.*-local-strict")
    return max(versions, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])


@pytest.mark.parametrize("manifest", MANIFESTS, ids=name_of)
def test_kubernetes_takes_every_manifest(manifest: dict[str, Any]) -> None:
    folder = schemas()
    api = manifest["apiVersion"].split("/")
    file = folder / "-".join([manifest["kind"].lower(), *(part.partition(".")[0] for part in api)])
    schema = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    resolver = jsonschema.RefResolver(f"{folder.as_uri()}/", schema)
    jsonschema.Draft7Validator(schema, resolver=resolver).validate(manifest)


def test_the_schemas_do_refuse_a_slip() -> None:
    slip = json.loads(json.dumps(next(m for m in MANIFESTS if m["kind"] == "StatefulSet")))
    slip["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(jsonschema.ValidationError):
        test_kubernetes_takes_every_manifest(slip)


def test_kustomize_names_every_file_that_is_there() -> None:
    listed = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text(encoding="utf-8"))
    assert sorted(listed["resources"]) == sorted(f"kubernetes/{p.name}" for p in (DEPLOY / "kubernetes").glob("*.yaml"))
    assert all((DEPLOY / file).exists() for file in listed["configMapGenerator"][0]["files"])


def workloads() -> Iterator[dict[str, Any]]:
    return (m for m in MANIFESTS if m["kind"] in ("Deployment", "StatefulSet"))


@pytest.mark.parametrize("workload", workloads(), ids=name_of)
def test_every_container_is_locked_down_probed_and_bounded(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in (*pod["containers"], *pod.get("initContainers", [])):
        locked = container["securityContext"]
        assert (locked["allowPrivilegeEscalation"], locked["readOnlyRootFilesystem"]) == (False, True)
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
    for container in pod["containers"]:
        assert {"readinessProbe", "livenessProbe"} <= set(container)


def test_no_secret_stands_in_a_file_of_deploy() -> None:
    assert not [m for m in MANIFESTS if m["kind"] == "Secret"]
    for service in COMPOSE["services"].values():
        for setting in service.get("environment", {}):
            assert setting.endswith("_FILE") or not re.search("KEY|SECRET|TOKEN|PASSWORD|REDIS", setting), setting


def test_a_selector_finds_the_pods_it_is_for() -> None:
    pods = [w["spec"]["template"]["metadata"]["labels"] for w in workloads()]
    for manifest in MANIFESTS:
        spec = manifest.get("spec", {})
        selectors = [spec["selector"]] if manifest["kind"] == "Service" else []
        selectors += [spec["selector"]["matchLabels"]] if manifest["kind"] == "PodDisruptionBudget" else []
        selectors += [spec["podSelector"]["matchLabels"]] if manifest["kind"] == "NetworkPolicy" else []
        for selector in selectors:
            own = {k: v for k, v in selector.items() if k != "statefulset.kubernetes.io/pod-name"}
            assert any(own.items() <= labels.items() for labels in pods), name_of(manifest)


def policy(part: str) -> dict[str, Any]:
    labels = {"app": "own-it", "part": part}
    spec: dict[str, Any] = next(
        m["spec"] for m in MANIFESTS if m["kind"] == "NetworkPolicy" and m["spec"]["podSelector"]["matchLabels"] == labels
    )
    return spec


@pytest.mark.parametrize(
    ("part", "callers"), [("engine", ["front"]), ("actions", ["engine"]), ("redis", ["engine"]), ("front", ["nginx", None])]
)
def test_only_its_own_callers_reach_a_part(part: str, callers: list[str | None]) -> None:
    (rule,) = policy(part)["ingress"]
    assert [peer["podSelector"]["matchLabels"].get("part") for peer in rule["from"]] == callers


def test_engine_and_redis_have_no_way_out_of_the_cluster() -> None:
    for part in ("engine", "redis"):
        peers = [peer for rule in policy(part).get("egress", ()) for peer in rule["to"]]
        assert not [peer for peer in peers if "ipBlock" in peer]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    assert all(COMPOSE["services"][name]["networks"] == ["inner"] for name in ("engine-0", "engine-1", "redis"))


def test_a_front_without_an_engine_still_gets_messages() -> None:
    front = next(w for w in workloads() if w["metadata"]["name"] == "front")["spec"]["template"]["spec"]["containers"][0]
    assert front["readinessProbe"]["httpGet"]["path"] == "/health/live"


def test_every_replica_is_named_where_it_has_to_be() -> None:
    sets = {w["metadata"]["name"]: w["spec"]["replicas"] for w in workloads() if w["kind"] == "StatefulSet"}
    services = {m["metadata"]["name"] for m in MANIFESTS if m["kind"] == "Service"}
    urls = next(m for m in MANIFESTS if name_of(m) == "ConfigMap/own-it")["data"]["OWNIT_ENGINE_URL"].split(",")
    fronts = [f"front-{n}" for n in range(sets["front"])]
    assert urls == [f"http://engine-{n}.engine:5005" for n in range(sets["engine"])]
    assert set(fronts) <= services
    assert all(len(re.findall(rf"server {name}:8080", NGINX)) == 2 for name in fronts)
    assert {*fronts, "engine-0", "engine-1"} <= set(COMPOSE["services"])


def used_settings() -> set[str]:
    code = "".join(p.read_text(encoding="utf-8") for folder in ("bot", "actions") for p in (ROOT / folder).rglob("*.py"))
    return set(re.findall(r'"((?:OWNIT|TELEGRAM|REDIS)_[A-Z_]+)"', code))


def test_every_setting_that_deploy_sets_is_one_that_is_read() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in DEPLOY.rglob("*") if p.is_file())
    named = set(re.findall(r"\b(?:OWNIT|TELEGRAM|REDIS)_[A-Z_]+[A-Z]\b", text))
    used = used_settings()
    assert not {name for name in named if name not in used and name.removesuffix("_FILE") not in used}


# Compose


def test_compose_services_use_only_what_is_declared() -> None:
    for kind in ("networks", "secrets"):
        used = {item for service in COMPOSE["services"].values() for item in service.get(kind, [])}
        assert used == set(COMPOSE[kind])
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", [])) <= set(COMPOSE["services"]), name


def test_compose_locks_every_service_and_opens_one_port_to_this_machine_only() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
    ports = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert ports == {"nginx": ["127.0.0.1:8080:8080"]}


def test_roles_of_both_files_are_roles_of_the_image() -> None:
    commands = [s["command"] for s in COMPOSE["services"].values() if s["image"] == "own-it"]
    commands += [c["args"] for w in workloads() for c in w["spec"]["template"]["spec"]["containers"] if c["image"] == "own-it"]
    assert {tuple(c[:3]) for c in commands} == {("python", "-m", "bot.role")}
    assert {c[3] for c in commands} == {"front", "engine", "actions"}


# The image


def test_the_image_is_built_from_the_locked_packages_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "RUN scripts/install" in lines
    assert "USER 10001" in lines
    assert all(line.startswith("FROM python:3.10-slim") for line in lines if line.startswith("FROM"))
    assert "--require-hashes" in (ROOT / "scripts" / "install").read_text(encoding="utf-8")


def test_what_the_image_takes_out_are_tools_for_developing_only() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dev = set(re.findall(r'^  "([\w-]+)', project.split("\ndev = [")[1].split("\n]")[0], re.MULTILINE))
    needed = set(re.findall(r'^  "([\w-]+)', project.split("dependencies = [")[1].split("\n]")[0], re.MULTILINE))
    removed = re.search(r"uv pip uninstall .*\\\n\s+(.*?) \\", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert removed
    assert set(removed[1].split()) <= dev - needed


# nginx


def test_nginx_takes_the_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    text = re.sub(r"front-\d:8080", "127.0.0.1:9", NGINX).replace(" /tmp/", f" {tmp_path}/")
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [nginx, "-t", "-q", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_notes_nobody_and_hides_the_counts() -> None:
    assert "access_log off;" in NGINX
    assert "error_log stderr crit;" in NGINX
    assert re.search(r"location = /metrics \{\s+return 404;", NGINX)
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert re.search(r"hash \$own_it_person consistent;", NGINX)


# Prometheus and Grafana


def metric_names() -> set[str]:
    return {sample for family in REGISTRY.collect() for sample in _samples(family.name, family.type)}


def _samples(name: str, kind: str) -> list[str]:
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return [name + ending for ending in endings.get(kind, [""])]


@pytest.mark.parametrize("file", ["grafana.json", "alerts.yml"])
def test_every_metric_that_is_drawn_or_watched_is_one_that_is_counted(file: str) -> None:
    used = set(re.findall(r"\bownit_\w+", (DEPLOY / file).read_text(encoding="utf-8")))
    assert used
    assert used <= metric_names()


def test_every_label_that_is_drawn_is_one_that_is_counted() -> None:
    labels = {label for collector in REGISTRY._collector_to_names for label in getattr(collector, "_labelnames", ())}
    drawn = re.findall(r"\{\{(\w+)\}\}", (DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    assert drawn
    assert set(drawn) <= labels


def test_the_dashboard_holds_no_panel_twice_and_asks_for_its_data_source() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    assert all(t["datasource"]["uid"] == "${source}" for panel in board["panels"] for t in panel["targets"])


def test_prometheus_asks_the_fronts_of_compose_and_reads_the_alerts() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {t.partition(":")[0] for t in targets} <= set(COMPOSE["services"])
    assert all((DEPLOY / file).exists() for file in config["rule_files"])


def test_engines_that_others_can_reach_must_be_guarded(tmp_path: Path) -> None:
    from bot.errors import SettingError
    from bot.processes import engine_process

    open_to_all = {"OWNIT_INNER_HOST": "0.0.0.0", "OWNIT_VAR": str(tmp_path)}
    with pytest.raises(SettingError):
        engine_process(Settings.from_env(open_to_all))
    secret = "s" * 32
    process = engine_process(Settings.from_env({**open_to_all, "OWNIT_CLUSTER_SECRET": secret}))
    written = Path(process.command[process.command.index("--endpoints") + 1]).read_text(encoding="utf-8")
    assert "Bearer ${OWNIT_CLUSTER_SECRET}" in written
    assert secret not in " ".join(process.command) + written
    assert newest_model() is None or str(newest_model()) in process.command
