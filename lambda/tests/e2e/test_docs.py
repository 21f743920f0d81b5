"""docs/lambda.md: its recipes run and give what they show, its variables are those of the code, its templates pass their linters.

A recipe is a heading and blocks: `conf`, perhaps `ini` (variables), `log` (an object in S3), `json` (the event), `answer`, perhaps `events`
(what arrives where `SAWLOG_OUTPUT` says, sorted). BLESS=1 writes answers and events anew.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest
from harness import REPOSITORY, Function, Moto

PAGE = REPOSITORY / "docs" / "lambda.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = TEXT[TEXT.index("\n## Recipes\n") : TEXT.index("\n## Settings\n") + 4]
RECIPES = re.findall(r"^### (.+?)\n(.*?)(?=^##)", SECTION, re.MULTILINE | re.DOTALL)
ROLE = "arn:aws:iam::123456789012:role/r"


def blessed(old: str, new: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    PAGE.write_text(text.replace(old, new), encoding="utf-8")


def prepared(aws: Moto, output: str) -> str:
    """Makes what a recipe sends to; the output with the names that it has here."""
    s3 = aws.client("s3")
    for bucket in ("archive", "uploads"):
        s3.create_bucket(Bucket=bucket)
    kind, _, name = output.partition(":")
    if kind == "firehose":
        aws.client("firehose").create_delivery_stream(
            DeliveryStreamName=name, S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::archive"}
        )
    elif kind == "kinesis":
        aws.client("kinesis").create_stream(StreamName=name, ShardCount=1)
    elif kind == "sqs":
        return f"sqs:{aws.client('sqs').create_queue(QueueName='out')['QueueUrl']}"
    return output


def arrived(aws: Moto, output: str) -> list[Any]:
    kind, _, name = output.partition(":")
    if kind == "kinesis":
        return [json.loads(one["Data"]) for one in aws.stream(name)]
    if kind == "sqs":
        return [json.loads(one["Body"]) for one in aws.messages(name)]
    return aws.objects("archive", name.removeprefix("//archive/") if kind == "s3" else "")


def lines(values: list[Any]) -> str:
    return "".join(sorted(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n" for value in values))


@pytest.mark.parametrize(("title", "recipe"), RECIPES, ids=[title for title, _ in RECIPES])
def test_recipe_gives_what_it_shows(aws: Moto, title: str, recipe: str) -> None:
    blocks = dict(BLOCK.findall(recipe))
    variables = dict(line.split("=", 1) for line in blocks.get("ini", "").splitlines())
    variables["SAWLOG_OUTPUT"] = output = prepared(aws, variables.get("SAWLOG_OUTPUT", ""))
    if "log" in blocks:
        aws.client("s3").put_object(Bucket="uploads", Key="app 1.log.gz", Body=gzip.compress(blocks["log"].encode()))
    event = json.loads(blocks["json"])
    if "messageType" in event:
        event = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(event).encode())).decode()}}
    with Function(blocks["conf"], aws=aws.url, output=variables.pop("SAWLOG_OUTPUT"), **variables) as function:
        answer = function.invoke(event)
    shown = json.dumps(answer)
    if answer and "records" in answer:
        shown = '{"records": [\n' + ",\n".join(f"  {json.dumps(one)}" for one in answer["records"]) + "\n]}"
    got = {"answer": shown + "\n"}
    if "events" in blocks:
        got["events"] = lines(arrived(aws, output))
    if os.environ.get("BLESS") == "1":
        new = recipe
        for name, text in got.items():
            new = new.replace(f"```{name}\n{blocks[name]}```", f"```{name}\n{text}```")
        blessed(recipe, new)
    else:
        for name, text in got.items():
            assert blocks[name] == text


def test_every_source_has_a_recipe() -> None:
    titles = " ".join(title for title, _ in RECIPES)
    for source in ("Firehose", "CloudWatch Logs", "Kinesis", "SQS", "S3", "Kafka", "Function URL"):
        assert source in titles


def test_arithmetic_prints_what_the_page_says() -> None:
    (code, shown), *more = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert not more
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(PAGE), "exec"), {})
    if os.environ.get("BLESS") == "1":
        blessed(f"```text\n{shown}```", f"```text\n{printed.getvalue()}```")
    else:
        assert printed.getvalue() == shown


def test_variables_of_the_page_are_those_of_the_code() -> None:
    name = re.compile(r"SAWLOG_[A-Z][A-Z_]*[A-Z]")
    code = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "lambda" / "src").rglob("*.rs"))
    table = "".join(line for line in TEXT.splitlines() if line.startswith("| `SAWLOG_"))
    assert set(name.findall(table.replace("|", "\n"))) == set(name.findall(code))
    for path in (REPOSITORY / "lambda" / "deploy").rglob("*.*"):
        assert set(name.findall(path.read_text(encoding="utf-8"))) <= set(name.findall(code)), path


def test_limits_of_the_page_are_those_of_the_code() -> None:
    limits = (REPOSITORY / "core" / "src" / "limits.rs").read_text(encoding="utf-8")
    values = dict(re.findall(r"pub const (\w+): \w+ = ([\d_* ]+);", limits))
    shown = {
        "LAMBDA_RESPONSE_BYTES": "6,291,556 bytes",
        "LAMBDA_INFLATED_BYTES": "32 MiB unpacked",
        "LINE_BYTES": "10 MiB; a longer one",
        "LAMBDA_PARTITION_KEY_BYTES": "| 4 KiB |",
        "LAMBDA_BATCH_BYTES": "| 64 MiB;",
        "SEND_ATTEMPTS": "bring nothing on | 6 |",
    }
    units = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "|": 1}
    for name, text in shown.items():
        assert text in TEXT
        number, unit = re.search(r"([\d,]+) (bytes|KiB|MiB|\|)", text).groups()  # type: ignore[union-attr]
        value = 1
        for factor in values[name].replace("_", "").split("*"):
            value *= int(factor)
        assert int(number.replace(",", "")) * units[unit] == value, name


def test_sam_template_passes_its_linter() -> None:
    result = subprocess.run(
        ["cfn-lint", REPOSITORY / "lambda/deploy/sam/template.yaml"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_terraform_module_passes_its_linter() -> None:
    tflint = shutil.which("tflint") or str(REPOSITORY / "target/tools/bin/tflint")
    if not os.path.exists(tflint):
        pytest.skip("no tflint: `make lint-terraform` builds it")
    folder = f"--chdir={REPOSITORY / 'lambda/deploy/terraform'}"
    result = subprocess.run([tflint, folder], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", ["sam/template.yaml", "terraform/main.tf"])
def test_no_policy_allows_everything(path: str) -> None:
    text = (REPOSITORY / "lambda" / "deploy" / path).read_text(encoding="utf-8")
    allowed = re.findall(r"(?:Action|actions|Resource|resources)\s*[:=]\s*(.+)", text)
    assert len(allowed) >= 4
    for value in allowed:
        assert not re.search(r'(?<![\w/:}.])\*|:\*"?$|"\*"|\w+:\*', value.replace('.arn}:*"', "")), value
