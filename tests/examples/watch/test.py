#!/usr/bin/python3
"""`cumulet deploy --watch`: what is saved in an editor is what the next invocation runs, whichever file it was, and a
file that cannot be deployed does not end the watching."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402


class Watching:
    """A running `cumulet deploy --watch`, and the lines it has printed."""

    def __init__(self, cloud, template):
        self.lines = []
        self.process = subprocess.Popen(
            [cloud.binary, "deploy", str(template), "--stack-name", "watched", "--watch"], env=cloud.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=harness.end_with_parent)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            sys.stdout.write(line)
            self.lines.append(line)

    def rounds(self):
        return self.lines.count("Waiting for changes\n")

    def wait_for_round(self, number):
        def ended():
            assert self.process.poll() is None, "it does not watch any more"
            return self.rounds() >= number
        harness.wait_for("round %d of watching" % number, ended)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


def greet(cloud):
    status, text = cloud.http("POST", "/2015-03-31/functions/greet/invocations", json.dumps({"name": "Ada"}),
                              cloud._signed("lambda"))
    assert status == 200, text
    return json.loads(text)


def save(app, name, text):
    """As editors do: a whole new file takes the old one's place."""
    whole = app.parent / "saved"
    whole.write_text(text)
    whole.rename(app / name)


def replace(app, name, before, after):
    text = (app / name).read_text()
    assert before in text, name
    save(app, name, text.replace(before, after))


def try_edits(cloud, watching, app):
    watching.wait_for_round(1)
    assert greet(cloud) == "Hello Ada!"

    replace(app, "src/words.js", "Hello", "Good morning")
    watching.wait_for_round(2)
    assert greet(cloud) == "Good morning Ada!", "a module that the handler requires"

    replace(app, "src/index.js", "event.name", "event.name.toUpperCase()")
    watching.wait_for_round(3)
    assert greet(cloud) == "Good morning ADA!", "the handler's own file"

    replace(app, "template.yaml", 'MARK: "!"', 'MARK: "?"')
    watching.wait_for_round(4)
    assert greet(cloud) == "Good morning ADA?", "the template"

    save(app, "src/more.js", "exports.end = ' Bye.';\n")
    watching.wait_for_round(5)
    replace(app, "src/index.js", "process.env.MARK", "process.env.MARK + require('./more').end")
    watching.wait_for_round(6)
    assert greet(cloud) == "Good morning ADA? Bye.", "a file that is new"


def try_mistakes(cloud, watching, app):
    replace(app, "template.yaml", "Runtime: nodejs20.x", "Runtime: [")
    watching.wait_for_round(7)
    assert any(line.startswith("cumulet: ") for line in watching.lines), "it says what is wrong"
    assert greet(cloud) == "Good morning ADA? Bye.", "what was deployed goes on"
    replace(app, "template.yaml", "Runtime: [", "Runtime: nodejs20.x")
    watching.wait_for_round(8)
    replace(app, "src/words.js", "Good morning", "Good night")
    watching.wait_for_round(9)
    assert greet(cloud) == "Good night ADA? Bye."


def main():
    options = harness.arguments(__doc__)
    with harness.temporary_folder() as temporary:
        folder = pathlib.Path(temporary)
        app = folder / "app"
        app.mkdir()
        shutil.copy(HERE / "template.yaml", app)
        shutil.copytree(HERE / "src", app / "src")
        cloud = harness.Cloud(options.binary, folder / "state", "--ephemeral").start()
        watching = Watching(cloud, app / "template.yaml")
        try:
            try_edits(cloud, watching, app)
            try_mistakes(cloud, watching, app)
            watching.stop()
            cloud.cumulet("delete", "watched")
            cloud.stop()
        finally:
            watching.process.kill()
            cloud.kill()


if __name__ == "__main__":
    main()
