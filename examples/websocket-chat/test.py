#!/usr/bin/python3
"""The chat as its users see it: deployed, talked in by real WebSocket clients, deleted."""

import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "examples"))

import harness  # noqa: E402

STACK = "websocket-chat"
MODULES = ROOT / "tests" / "conformance" / "node_modules"


def node():
    packaged = sorted(MODULES.glob("node-linux-*/bin/node"))
    return shutil.which("node") or str(packaged[0])


class Client:
    """client.cjs, talking and listening."""

    def __init__(self, url, name):
        self.process = subprocess.Popen([node(), HERE / "client.cjs", url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "NODE_PATH": str(MODULES)}, preexec_fn=harness.end_with_parent)
        self.heard = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.heard.put(line.rstrip("\n"))
        self.heard.put(None)

    def hears(self, expected):
        line = self.heard.get(timeout=60)
        assert line == (expected if isinstance(expected, str) else json.dumps(expected, separators=(",", ":"))), line

    def says(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def leaves(self):
        self.process.stdin.close()
        self.hears("closed 1000")


def connected(url, name):
    client = Client(url, name)
    client.hears("connected")
    return client


def names(cloud, table):
    items = cloud.aws_json("dynamodb", "DynamoDB_20120810.Scan", {"TableName": table})["Items"]
    return sorted(item["name"]["S"] for item in items)


def check_talk(cloud, url, table):
    ada, bo, cy = (connected(url, name) for name in ("Ada", "Bo", "Cy"))
    assert names(cloud, table) == ["Ada", "Bo", "Cy"]
    ada.says("Hello, “all” of you!")
    for client in (ada, bo, cy):
        client.hears('{"from":"Ada","text":"Hello, “all” of you!"}')
    bo.says('{"action":"dance"}')
    answer = json.loads(bo.heard.get(timeout=60))
    assert answer["help"].startswith("Send ") and len(answer["you"]) == 16, answer
    cy.leaves()
    for client in (ada, bo):
        client.hears({"left": "Cy"})
    assert names(cloud, table) == ["Ada", "Bo"]
    for _ in range(3):
        cloud.advance("PT11M")  # past the idle limit, also of one who hears that the other was sent away
    for client in (ada, bo):
        while (line := client.heard.get(timeout=60)).startswith("{"):
            pass  # the other was sent away first
        assert line == "closed 1001", line
    harness.wait_for("both to be forgotten", lambda: not names(cloud, table))


def check_refusals(url):
    Client(url, "").hears("refused: Unexpected server response: 400")
    Client(url.replace("/live", "/other"), "Ada").hears("refused: Unexpected server response: 403")


def check_page(cloud, outputs):
    status, page = cloud.http("GET", outputs["PageUrl"] + "/")
    assert status == 200 and 'new WebSocket("%s?name=" +' % outputs["ChatUrl"] in page, (status, page)


def main(binary):
    assert (MODULES / "ws").is_dir(), "ws is not installed: ./dev test installs what tests/conformance needs"
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder, "--iam", "enforce").start()  # functions may do what their roles allow
        cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK)
        outputs = cloud.outputs(STACK)
        url, table = outputs["ChatUrl"], outputs["ConnectionsTable"]
        assert url.startswith("ws://"), url
        check_page(cloud, outputs)
        check_refusals(url)
        check_talk(cloud, url, table)

        last = connected(url, "Dee")
        cloud.stop()
        last.hears("closed 1001")
        cloud.start()
        harness.wait_for("who was connected to be forgotten", lambda: not names(cloud, table))
        check_talk(cloud, url, table)
        cloud.cumulet("delete", STACK)
        left = {kind: found for kind, found in cloud.remains().items() if any(STACK in name for name in found)}
        assert not left, left
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done: deployed, talked in, deleted.")
