#!/usr/bin/env python3
"""The files of tools/deploy against what they speak of: Kubernetes' schemas, the compose specification, the options of the built program, the
metrics that it really shows, shellcheck.

usage: deploy_test.py TANDEM DEPLOY_FOLDER

Needs PyYAML; kubernetes-validate for the schemas (tools/requirements-test.txt). What is missing is skipped and says so.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../end_to_end"))
from chaos import wait_for  # noqa: E402
from cluster import Cluster, read_metrics  # noqa: E402

try:
    import yaml
except ImportError:
    yaml = None
try:
    import kubernetes_validate
except ImportError:
    kubernetes_validate = None

TANDEM, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
KUBERNETES_VERSIONS = ["1.26", "1.30"]


def path(*parts):
    return os.path.join(FOLDER, *parts)


def text(*parts):
    with open(path(*parts)) as f:
        return f.read()


def manifests():
    for name in sorted(os.listdir(path("kubernetes"))):
        for document in yaml.safe_load_all(text("kubernetes", name)):
            yield name, document


def strings(value):
    """All lists of strings in a document: command lines are among them."""
    if isinstance(value, dict):
        for child in value.values():
            yield from strings(child)
    elif isinstance(value, list):
        if all(isinstance(v, str) for v in value):
            yield value
        for child in value:
            yield from strings(child)


def commands():
    """(file, words) of every `tandem` command line in the folder."""
    known = subcommands()
    documents = [(name, d) for name, d in manifests()] + [("compose.yaml", yaml.safe_load(text("compose.yaml")))]
    for name, document in documents:
        for words in strings(document):
            if words and words[0] in known:
                yield name, words
            elif words[:2] == ["CMD", "tandem"]:
                yield name, words[2:]
            for line in words:  # shell lines
                for call in re.findall(r"\btandem ((?:[a-z]+ )+--[^)]*)", line):
                    yield name, shlex.split(call.split(">")[0])
    call = re.search(r'exec "\$tandem" (.*)', text("slurm_workers.sh").replace("\\\n", " ")).group(1)
    yield "slurm_workers.sh", shlex.split(call)
    source = text("ray_workers.py")
    yield "ray_workers.py", ["work"] + sorted(set(re.findall(r'"(--(?:connect|threads|drain-seconds|plaintext|fingerprint|ca|spool|cache))"', source)))


def help_of(words):
    return subprocess.run([TANDEM] + words + ["--help"], capture_output=True, text=True).stdout


def subcommands():
    return set(re.findall(r"^  ([a-z]+) ", help_of([]), re.M))


@unittest.skipIf(yaml is None, "PyYAML is not installed (tools/requirements-test.txt)")
class DeployTest(unittest.TestCase):
    def test_every_option_of_tandem_in_every_file_exists(self):
        seen = 0
        for name, words in commands():
            sub = [w for w in words[:2] if re.fullmatch("[a-z]+", w)]
            options = set(re.findall(r"--[a-z-]+", help_of(sub)))
            self.assertIn("--help", options, f"{name}: tandem {' '.join(sub)} is no command")
            for word in words:
                if word.startswith("--"):
                    seen += 1
                    self.assertIn(word, options, f"{name}: tandem {' '.join(sub)} has no option {word}")
        self.assertGreater(seen, 40)

    @unittest.skipIf(kubernetes_validate is None, "kubernetes-validate is not installed (tools/requirements-test.txt)")
    def test_manifests_fit_the_schemas_of_kubernetes(self):
        kinds = []
        for name, document in manifests():
            for version in KUBERNETES_VERSIONS:
                with self.subTest(name, version=version):
                    kubernetes_validate.validate(document, version, strict=True)
            kinds.append(document["kind"])
        self.assertEqual(sorted(set(kinds)), ["Deployment", "Job", "NetworkPolicy", "Service", "StatefulSet"])

    def test_pods_run_without_rights_and_with_bounds(self):
        for name, document in manifests():
            if "template" not in document.get("spec", {}):
                continue
            pod = document["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"], name)
            volumes = {v["name"] for v in pod["volumes"]} | {v["metadata"]["name"] for v in document["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"] + pod.get("initContainers", []):
                self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"], name)
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"], name)
                self.assertIn("memory", container["resources"]["limits"], name)
                for mount in container["volumeMounts"]:
                    self.assertIn(mount["name"], volumes, name)

    def test_compose_file_is_what_compose_reads(self):
        document = yaml.safe_load(text("compose.yaml"))
        known = set(document["services"]) | {"host", "none"}
        for name, service in document["services"].items():
            for other in service.get("depends_on", {}):
                self.assertIn(other, known, name)
            mode = service.get("network_mode", "")
            if mode.startswith("service:"):
                self.assertIn(mode.split(":")[1], known, name)
                self.assertNotIn("ports", service, f"{name}: ports belong to the service that has the network")
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./"):
                    self.assertTrue(os.path.exists(path(source)), volume)
                else:
                    self.assertIn(source, document["volumes"], name)
        docker = shutil.which("docker")
        if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
            out = subprocess.run([docker, "compose", "-f", path("compose.yaml"), "config", "--quiet"], capture_output=True, text=True)
            self.assertEqual(out.returncode, 0, out.stderr)
        else:
            print("compose.yaml: docker compose is not here; its own check is skipped")

    def test_dashboard_and_scrapes_name_only_metrics_that_exist(self):
        dashboard = json.loads(text("grafana.json"))
        functions = {"rate", "increase", "sum", "by", "avg", "max", "min"}
        named = set()
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                named |= set(re.findall(r"[a-z_]{4,}", re.sub(r"\[[^]]*\]|\{[^}]*\}", "", target["expr"]))) - functions
        with tempfile.TemporaryDirectory() as folder, Cluster(TANDEM, folder, "tic_tac_toe") as cluster:
            worker = cluster.worker("w")
            worker.start()
            wait_for("the worker's first heartbeat", lambda: "tandem_worker_paused" in " ".join(cluster.metrics()))
            shown = {re.split(r"[{ ]", key)[0] for key in list(cluster.metrics()) + list(read_metrics(worker.address))}
            self.assertEqual(named - shown, set(), "named in grafana.json and not shown")
            self.assertGreater(len(named), 20)
            # The table, live and from the run's directory.
            live = subprocess.run([TANDEM, "workers", "--metrics", f"127.0.0.1:{cluster.metrics_port}"], capture_output=True, text=True)
            self.assertEqual((live.returncode, live.stderr), (0, ""))
            self.assertRegex(live.stdout, r"(?m)^1 +w +first .*plays")
            self.assertIn("1 workers connected", live.stdout)
            kept = subprocess.run([TANDEM, "workers", "--run", cluster.run, "--json"], capture_output=True, text=True)
            self.assertEqual(kept.returncode, 0, kept.stderr)
            json.loads(kept.stdout)
        self.assertEqual(subprocess.run([TANDEM, "workers"], capture_output=True).returncode, 2)

    @unittest.skipIf(shutil.which("shellcheck") is None, "shellcheck is not installed")
    def test_scripts_pass_shellcheck(self):
        out = subprocess.run(["shellcheck", path("slurm_workers.sh")], capture_output=True, text=True)
        self.assertEqual(out.returncode, 0, out.stdout)

    def test_slurm_script_says_what_it_needs(self):
        out = subprocess.run([path("slurm_workers.sh")], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": "/tmp"})
        self.assertNotEqual(out.returncode, 0)
        self.assertIn("expected HOST:PORT of the coordinator", out.stderr)

    def test_image_has_the_libraries_that_the_program_needs(self):
        """Every shared library of the program is LibTorch's, or in the base image, or of a Debian package that the Containerfile names."""
        needed = re.findall(r"Shared library: \[(.+?)\]", subprocess.run(["readelf", "-d", TANDEM], capture_output=True, text=True).stdout)
        recipe = text("Containerfile")
        base = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
        for library in needed:
            # The image copies all of LibTorch; a wheel with CUDA has libtorch_cuda.so and libc10_cuda.so too.
            if library in base or library.startswith(("libabsl_", "libtorch", "libc10")):
                continue
            owner = subprocess.run(["dpkg", "-S", "*/" + library], capture_output=True, text=True).stdout.split(":")[0]
            self.assertTrue(owner and owner in recipe, f"{library} of package {owner or '?'} is not in the Containerfile")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
