#!/usr/bin/python3
"""An application of other runtimes, routes and template features than figure 4's, through its changes and a failed one."""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import harness  # noqa: E402

STACK = "second-app"


def check_routes(cloud, url):
    greeting = cloud.json_http("GET", url + "/greetings/Ada?times=3")
    assert greeting == (200, {"text": "Hello from dev, Ada!!!", "languages": "en+de", "first": "en"}), greeting
    assert cloud.http("GET", url + "/shouts/hear/me") == (200, "/SHOUTS/HEAR/ME")
    assert cloud.http("POST", url + "/shouts/again") == (200, "/SHOUTS/AGAIN")
    assert cloud.http("GET", url + "/shelves/a")[0] == 404


def check_notes(cloud, url):
    note = url + "/shelves/kitchen/notes/buy%20tea"
    assert cloud.http("PUT", note, '{"text": "two boxes"}') == (204, "")
    assert cloud.json_http("GET", note) == (200, {"text": "two boxes", "revision": 1, "version": "1"})
    assert cloud.http("DELETE", note)[0] == 204
    assert cloud.http("GET", note)[0] == 404
    assert cloud.http("PUT", note, '{"text": "%s"}' % ("x" * 21))[0] == 413  # the mapping of dev
    assert cloud.http("PUT", note, '{"text": "kept"}')[0] == 204
    return note


def alias_version(cloud, function):
    return cloud.aws_rest("lambda", "/2015-03-31/functions/%s/aliases/live" % function)["FunctionVersion"]


def revise(template, revision):
    source = template.parent / "src" / "notes" / "notes.py"
    source.write_text(source.read_text().replace("REVISION = %d" % (revision - 1), "REVISION = %d" % revision))


def check_publishing(cloud, template, function, note):
    """New code is a new version, and the alias that the API calls goes to it."""
    assert alias_version(cloud, function) == "1"
    revise(template, 2)
    printed = cloud.cumulet("deploy", template, "--stack-name", STACK)
    assert "(unchanged)" in printed  # the code of the other functions
    assert alias_version(cloud, function) == "2"
    assert cloud.json_http("GET", note) == (200, {"text": "kept", "revision": 2, "version": "2"})


def check_exports(cloud):
    cloud.cumulet("deploy", HERE / "reports.json", "--stack-name", "reports", "Source=" + STACK)
    assert cloud.outputs("reports")["Log"] == "/reports/" + cloud.outputs(STACK)["TableName"]
    refusal = cloud.cumulet("delete", STACK, expect=1)
    assert "second-app-table" in refusal and "in use by reports" in refusal, refusal


def check_refused_parameters(cloud, template):
    assert "has no parameter Color" in cloud.cumulet("deploy", template, "--stack-name", STACK, "Color=red", expect=2)
    assert "Stage" in cloud.cumulet("deploy", template, "--stack-name", STACK, "Stage=test", expect=1)
    assert "Greeting" in cloud.cumulet("deploy", template, "--stack-name", STACK, "Greeting=hi", expect=1)


def check_rollback(cloud, template, url):
    """An update that fails halfway leaves what was there, and says why."""
    printed = cloud.cumulet("deploy", template, "--stack-name", STACK, "Greeting=Goodbye", "Broken=yes", expect=1)
    assert "UPDATE_ROLLBACK_COMPLETE" in printed and "NeverMade" in printed, printed
    check_routes(cloud, url)


def check_production(cloud, template, url, note):
    revise(template, 3)  # SAM publishes a version for new code, not for new variables alone
    cloud.cumulet("deploy", template, "--stack-name", STACK, "Stage=prod", "Broken=no", "Languages=fr")
    outputs = cloud.outputs(STACK)
    greeting = cloud.json_http("GET", url + "/greetings/Ada")
    assert greeting == (200, {"text": "Hello from prod, Ada!", "languages": "fr", "first": "fr"}), greeting
    assert cloud.http("PUT", note, '{"text": "%s"}' % ("x" * 21))[0] == 204
    messages = cloud.aws_json("sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": outputs["AuditQueueUrl"], "WaitTimeSeconds": 5})
    assert [each["Body"] for each in messages["Messages"]] == ["put buy tea"], messages
    assert any(name.endswith("-greet-prod") for name in cloud.remains()["functions"])


def check_deletion(cloud):
    cloud.cumulet("delete", "reports")
    cloud.cumulet("delete", STACK)
    # The log groups that functions made for themselves belong to no stack, at AWS too.
    left = {kind: names for kind, names in cloud.remains().items() if kind != "log groups"}
    assert not left, left


def main(binary):
    with harness.temporary_folder() as folder:
        template = pathlib.Path(folder) / "app" / "template.yaml"
        shutil.copytree(HERE, template.parent)
        cloud = harness.Cloud(binary, pathlib.Path(folder) / "data").start()
        cloud.cumulet("deploy", template, "--stack-name", STACK)
        outputs = cloud.outputs(STACK)
        assert "AuditQueueUrl" not in outputs, outputs
        url = outputs["ApiUrl"]
        check_routes(cloud, url)
        note = check_notes(cloud, url)
        check_publishing(cloud, template, outputs["NotesFunction"], note)
        cloud.kill()
        cloud.start()
        check_routes(cloud, url)
        check_exports(cloud)
        check_refused_parameters(cloud, template)
        check_rollback(cloud, template, url)
        check_production(cloud, template, url, note)
        check_deletion(cloud)
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done.")
