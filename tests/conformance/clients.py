"""What the suites in Python share: the endpoint under test, and names that no earlier run used."""

import os
import time
import uuid

ENDPOINT = os.environ["CUMULET_ENDPOINT"]
ON_AWS = ENDPOINT == "aws"
REGION = os.environ.get("AWS_REGION", "us-east-1")


def unique(prefix):
    """A name that no other run and no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def eventually(attempt, seconds=60):
    """Repeats `attempt` until it returns something true, which becomes the result."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not (result := attempt()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(pause)
        pause = min(pause * 2, 0.5)
    return result
