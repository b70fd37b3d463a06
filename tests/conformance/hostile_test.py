"""Bytes that no client of good will sends, over raw sockets: each is refused with the right status, the process lives, and
other callers are served meanwhile."""

import http.client
import json
import os
import socket
import time
import unittest
import urllib.parse

from clients import ENDPOINT, ON_AWS, unique

MEBIBYTE = 1 << 20
LARGEST_BODY = 72 * MEBIBYTE
HEAD_SECONDS = 30
SIGNED = (b"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, "
          b"SignedHeaders=host, Signature=0\r\n")
CALL = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n" + SIGNED
LIST_QUEUES = CALL + b"X-Amz-Target: AmazonSQS.ListQueues\r\n"
SEND_MESSAGE = CALL + b"X-Amz-Target: AmazonSQS.SendMessage\r\n"


def connect():
    address = urllib.parse.urlsplit(ENDPOINT)
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_answer(connection):
    """(status, body); (None, b"") if the server closed without an answer."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        return answer.status, answer.read()
    except (http.client.HTTPException, ConnectionError):
        return None, b""
    finally:
        answer.close()


def send_ignoring_refusal(connection, pieces):
    """Sends all that the server takes: it may close before the end."""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass


def ask(*pieces):
    with connect() as connection:
        send_ignoring_refusal(connection, pieces)
        return read_answer(connection)


def with_body(head, body):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@unittest.skipIf(ON_AWS, "AWS is not ours to be hostile to")
class Hostile(unittest.TestCase):
    def assert_served(self):
        """Another caller gets its answer, and soon."""
        started = time.monotonic()
        status, body = ask(with_body(LIST_QUEUES, b"{}"))
        self.assertEqual(status, 200, body)
        self.assertLess(time.monotonic() - started, 5)

    def tearDown(self):
        self.assert_served()

    def refused(self, expected, *pieces):
        status, body = ask(*pieces)
        self.assertEqual(status, expected, body[:300])
        return body

    # What a body may be.

    def test_a_body_that_is_not_json(self):
        for body in (b"not json", b"{", b'{"a":}', b"\xff\xfe\x00", b'{"a":1} trailing', b"[1]", b'"text"', b"nul"):
            with self.subTest(body=body):
                answer = self.refused(400, with_body(SEND_MESSAGE, body))
                self.assertIn("SerializationException", json.loads(answer)["__type"])

    def test_a_body_of_another_type_than_its_member(self):
        for body in (b'{"QueueUrl": 7}', b'{"QueueUrl": {"a": 1}}', b'{"QueueUrl": "x", "MessageBody": [1]}'):
            with self.subTest(body=body):
                self.refused(400, with_body(SEND_MESSAGE, body))

    def test_a_body_that_is_nested_too_deep(self):
        for open_, close in ((b"[", b"]"), (b'{"a":', b"}")):
            deep = open_ * 200_000 + b"1" + close * 200_000
            self.refused(400, with_body(SEND_MESSAGE, b'{"QueueUrl": ' + deep + b"}"))
        put = CALL.replace(b"/sqs/", b"/dynamodb/") + b"X-Amz-Target: DynamoDB_20120810.PutItem\r\n"
        value = b'{"L": [' * 50_000 + b'{"S": "x"}' + b"]}" * 50_000
        self.refused(400, with_body(put, b'{"TableName": "t", "Item": {"id": ' + value + b"}}"))

    def test_a_body_that_is_too_large(self):
        # Declared: refused before a byte of it has come.
        self.refused(413, LIST_QUEUES + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1))
        self.refused(413, LIST_QUEUES + b"Content-Length: 99999999999999999\r\n\r\n")
        # Not declared: refused when it grows beyond.
        chunk = b"%x\r\n" % MEBIBYTE + b" " * MEBIBYTE + b"\r\n"
        self.refused(413, LIST_QUEUES + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * (LARGEST_BODY // MEBIBYTE + 2)))

    def test_a_message_that_is_larger_than_its_service_takes(self):
        body = json.dumps({"QueueUrl": "http://localhost/000000000000/none", "MessageBody": "x" * (2 * MEBIBYTE)})
        self.refused(400, with_body(SEND_MESSAGE, body.encode()))

    def test_a_body_that_is_cut_off(self):
        with connect() as connection:
            connection.sendall(SEND_MESSAGE + b"Content-Length: 1000\r\n\r\n{\"QueueUrl\":")
            connection.shutdown(socket.SHUT_WR)
            status, _ = read_answer(connection)
            self.assertIn(status, (None, 400))

    def test_xml_and_forms_that_are_not(self):
        s3 = CALL.replace(b"/sqs/", b"/s3/")
        bucket = unique("bucket").encode()
        self.refused(200, s3.replace(b"POST /", b"PUT /" + bucket) + b"Content-Length: 0\r\n\r\n")
        tagging = s3.replace(b"POST /", b"PUT /" + bucket + b"?tagging")
        deep = b"<a>" * 100_000 + b"</a>" * 100_000
        laughs = (b'<!DOCTYPE t [<!ENTITY a "ha">' + b"".join(
            b'<!ENTITY %c "%s">' % (98 + index, b"&%c;" % (97 + index) * 10) for index in range(9)) +
            b"]><Tagging><TagSet><Tag><Key>&j;</Key><Value>x</Value></Tag></TagSet></Tagging>")
        for body in (b"<Tagging><TagSet>", b"not xml", deep, laughs):
            with self.subTest(body=body[:40]):
                self.refused(400, with_body(tagging, body))
        form = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n" + SIGNED
        self.refused(400, with_body(form, b"Action=SendMessage&Version=2012-11-05&Entry.99999999999.Id=%zz"))
        self.assertEqual(ask(s3.replace(b"POST /", b"DELETE /" + bucket) + b"Content-Length: 0\r\n\r\n")[0], 204)

    # What a head may be.

    def test_a_flood_of_headers(self):
        self.refused(431, LIST_QUEUES, b"".join(b"X-Flood-%d: x\r\n" % index for index in range(100_000)), b"\r\n")
        self.refused(431, LIST_QUEUES, b"X-Flood: " + b"x" * MEBIBYTE + b"\r\n\r\n")
        self.refused(414, b"GET /" + b"x" * MEBIBYTE + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def test_a_head_that_is_no_http(self):
        for head in (
            b"\x00\x01\x02\x03\x04\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n",
        ):
            with self.subTest(head=head):
                status, _ = ask(head)
                self.assertIn(status, (400, 505))

    def test_a_head_that_never_ends(self):
        connections = [connect() for _ in range(20)]
        started = time.monotonic()
        for connection in connections:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")
        while time.monotonic() - started < HEAD_SECONDS - 2:
            for connection in connections:
                connection.sendall(b"X-Slow: a\r\n")
            self.assert_served()
            time.sleep(4)
        for connection in connections:
            with connection:
                self.assertEqual(read_answer(connection)[0], 408)
        self.assertLess(time.monotonic() - started, HEAD_SECONDS + 15)

    # Where one message ends and the next begins.

    def smuggled(self, head, body):
        """Sends a message whose end is in doubt, with another request hidden in it: a single refusal, then the end."""
        hidden = with_body(LIST_QUEUES, b"{}")
        with connect() as connection:
            send_ignoring_refusal(connection, [LIST_QUEUES + head + b"\r\n" + body + hidden])
            everything = b""
            try:
                while piece := connection.recv(65536):
                    everything += piece
            except ConnectionResetError:
                pass
        self.assertEqual(everything.count(b"HTTP/1.1 "), 1, everything[:500])
        self.assertTrue(everything.startswith(b"HTTP/1.1 400 "), everything[:100])

    def test_content_length_beside_transfer_encoding(self):
        self.smuggled(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")
        self.smuggled(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n")

    def test_lengths_in_doubt(self):
        for head in (
            b"Content-Length: 2\r\nContent-Length: 3\r\n",
            b"Content-Length: 2, 3\r\n",
            b"Content-Length: -2\r\n",
            b"Content-Length: +2\r\n",
            b"Content-Length: 0x2\r\n",
            b"Content-Length: 2 2\r\n",
            b"Content-Length: \r\n",
            b"Content-Length: 99999999999999999999999\r\n",
            b"Content-Length : 2\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding: chunked, identity\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        ):
            with self.subTest(head=head):
                status, answer = ask(LIST_QUEUES + head + b"\r\n{}")
                # 501 is the status of a transfer coding that the server does not know; 413 of a number beyond all.
                self.assertIn(status, (400, 413, 501), answer[:200])

    def test_bad_chunk_sizes(self):
        for size in (b"zz", b"-1", b"+2", b"0x2", b" 2", b"", b"fffffffffffffffff", b"2;" + b"x" * (1 << 17), b"2\n{}\n"):
            with self.subTest(size=size[:20]):
                status, _ = ask(LIST_QUEUES + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n{}\r\n0\r\n\r\n")
                self.assertIn(status, (400, 413))
        # A chunk that is longer than it says.
        status, _ = ask(LIST_QUEUES + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx\r\n0\r\n\r\n")
        self.assertEqual(status, 400)

    def test_bad_aws_chunks(self):
        bucket = unique("bucket").encode()
        s3 = CALL.replace(b"/sqs/", b"/s3/")
        self.assertEqual(ask(s3.replace(b"POST /", b"PUT /" + bucket) + b"Content-Length: 0\r\n\r\n")[0], 200)
        put = s3.replace(b"POST /", b"PUT /" + bucket + b"/object") + (
            b"Content-Encoding: aws-chunked\r\nX-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
            b"X-Amz-Trailer: x-amz-checksum-crc32\r\nX-Amz-Decoded-Content-Length: 2\r\n")
        for body in (b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx\r\n0\r\n\r\n", b"3\r\n{}x\r\n0\r\n\r\n", b"1\r\n{\r\n0\r\n\r\n",
                     b"2\r\n{}\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", b"ffffffffffffffff\r\n{}"):
            with self.subTest(body=body):
                self.refused(400, with_body(put, body))
        head = s3.replace(b"POST /", b"GET /" + bucket + b"/object")
        self.assertEqual(ask(head + b"\r\n")[0], 404, "nothing of a refused upload is kept")
        self.assertEqual(ask(s3.replace(b"POST /", b"DELETE /" + bucket) + b"Content-Length: 0\r\n\r\n")[0], 204)

    # Everything at once.

    def test_noise(self):
        for length in (1, 16, 256, 4096, 65536):
            with connect() as connection:
                send_ignoring_refusal(connection, [os.urandom(length), b"\r\n\r\n"])
                self.assertIn(read_answer(connection)[0], (None, 400, 414, 431, 505))

    def test_connections_that_say_nothing(self):
        silent = [connect() for _ in range(200)]
        self.assert_served()
        for connection in silent:
            connection.close()


if __name__ == "__main__":
    unittest.main()
