#!/usr/bin/env python3
"""Workers on a Ray cluster of several nodes, one of which is lost: they come back elsewhere, games go on, nothing acknowledged is lost.

usage: ray_cluster.py TANDEM RAY_WORKERS       (RAY_WORKERS: tools/deploy/ray_workers.py)

Without the package `ray` (a few hundred megabytes; `pip install ray`) it is skipped with exit status 3.
"""
import os
import re
import signal
import sys
import tempfile
import time

from chaos import games_of, wait_for
from cluster import Cluster

try:
    import ray
    from ray.cluster_utils import Cluster as RayCluster
except ImportError:
    print("skipped: the Python package ray is not installed (pip install ray)")
    sys.exit(3)


def main():
    tandem = os.path.abspath(sys.argv[1])
    sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[2])))
    # Actors are made from the module's source on every node.
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(sys.argv[2])) + ":" + os.environ.get("PYTHONPATH", "")
    # A lost node is noticed after ten seconds; sooner, a loaded machine looks like a lost node.
    os.environ["RAY_health_check_failure_threshold"] = "5"
    os.environ["RAY_health_check_period_ms"] = "2000"
    from ray_workers import WorkerPool
    with tempfile.TemporaryDirectory() as folder, Cluster(tandem, folder, "tic_tac_toe") as run:
        ray_cluster = RayCluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        nodes = [ray_cluster.add_node(num_cpus=2) for _ in range(2)]
        ray.init(address=ray_cluster.address, log_to_driver=False)
        try:
            ray_cluster.wait_for_nodes()
            command = [tandem, "work", "--connect", f"127.0.0.1:{run.port}", "--threads", "1", "--log-level", "debug", "--retry-seconds", "0.1",
                       "--drain-seconds", "5"] + run.trust
            scratch = os.path.join(folder, "scratch")
            pool = WorkerPool(command, run.token, cpus=1, scratch=scratch, report=lambda line: print(line, flush=True))
            assert pool.room() == 4, pool.room()

            def look(test):
                pool.look()
                time.sleep(0.2)
                return test()

            pool.scale(3)
            wait_for("three workers", lambda: look(lambda: len(pool.running()) == 3 and run.metric("tandem_serve_workers") == 3), 180)
            wait_for("games", lambda: look(lambda: run.metric("tandem_serve_games_total") > 50), 120)

            before = pool.running()
            doomed = max(nodes, key=lambda node: list(before.values()).count(node.node_id))
            hit = [n for n, node in before.items() if node == doomed.node_id]
            assert hit, "no worker on the node"
            games = run.metric("tandem_serve_games_total")
            lost_at = time.monotonic()
            ray_cluster.remove_node(doomed, allow_graceful=False)
            # Two fit on the node that is left; the third waits for room.
            wait_for("workers elsewhere", lambda: look(
                lambda: pool.lost >= len(hit) and len(pool.running()) == 2 and doomed.node_id not in pool.running().values()), 180)
            back = time.monotonic() - lost_at
            wait_for("more games", lambda: look(lambda: run.metric("tandem_serve_games_total") > games + 50), 120)
            third = ray_cluster.add_node(num_cpus=2)
            wait_for("the third worker on a new node", lambda: look(lambda: third.node_id in pool.running().values()), 180)
            wait_for("all three to be connected", lambda: look(lambda: run.metric("tandem_serve_workers") == 3), 120)
            print(f"node with workers {hit} lost; {back:.1f} s later workers ran elsewhere; a new node took another one")

            pool.scale(1)
            wait_for("one worker", lambda: look(lambda: len(pool.running()) == 1 and run.metric("tandem_serve_workers") == 1), 120)
            codes = pool.stop()
            tails = [open(os.path.join(scratch, name), errors="replace").read()[-1500:] for name in sorted(os.listdir(scratch)) if name.endswith(".log")]
            assert set(codes) == {0}, f"{codes}\n" + "\n---\n".join(tails)
        finally:
            ray.shutdown()
            ray_cluster.shutdown()
        wait_for("the last worker's end", lambda: run.metric("tandem_serve_workers") == 0)
        assert run.serve.end(signal.SIGTERM) == 0, run.serve.log()[-3000:]
        acknowledged = set()
        for name in os.listdir(scratch):
            if name.endswith(".log"):
                with open(os.path.join(scratch, name), errors="replace") as log:
                    acknowledged |= set(re.findall(r"chunk ([0-9a-f]{32}) is acknowledged", log.read()))
        stored, indices, _ = games_of(tandem, run.run)
        assert acknowledged and acknowledged <= stored, f"{len(acknowledged - stored)} acknowledged chunks are not there"
        assert len(indices) == len(set(indices)), "a game is there twice"
        print(f"{len(acknowledged)} chunks acknowledged, {len(stored)} stored, {len(indices)} games, each once")


if __name__ == "__main__":
    main()
