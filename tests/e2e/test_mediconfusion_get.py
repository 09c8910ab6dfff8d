"""``medtrust data get`` against a real server: what comes, what does not, and what is kept."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import orjson
import pytest
from PIL import Image

import medtrust.data
from medtrust.cli.main import exit_code
from medtrust.core.errors import DataError, UserError
from medtrust.data.mediconfusion.addresses import PMC_BUCKET, Template
from medtrust.data.mediconfusion.download import Patience
from medtrust.data.mediconfusion.get import Fetched, get_images
from medtrust.data.mediconfusion.layout import read_layout
from parts.mediconfusion_files import load_mediconfusion, write_images, write_mediconfusion
from servers.fault_server import FaultServer, Reply, Seen

HURRIED = Patience(attempts=3, pause_s=0.01, silence_s=0.5, whole_s=5.0, give_up=2)
TEMPLATE = "/{pmcid}.{version}/{file_name}"


def picture(number: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), (number * 30 % 256, 80, 90)).save(stream, "JPEG")
    return stream.getvalue()


class Bucket:
    """Serves a picture at every address, except where a test put something else."""

    def __init__(self, server: FaultServer, **special: list[Reply]) -> None:
        self.asked: Counter[str] = Counter()
        self.special = special
        server.default = self._behave
        self.address = f"http://127.0.0.1:{server.port}"

    @property
    def template(self) -> str:
        return self.address + TEMPLATE

    def _behave(self, seen: Seen) -> Reply:
        self.asked[seen.path] += 1
        number = int(re.findall(r"figure-(\d+)", seen.path)[0])
        replies = self.special.get(f"figure_{number}")
        if replies:
            return replies.pop(0) if len(replies) > 1 else replies[0]
        if ".1/" not in seen.path:
            return Reply(404)
        return image(number)


def image(number: int, **how: object) -> Reply:
    return Reply(200, picture(number), {"Content-Type": "image/jpeg"}, **how)  # type: ignore[arg-type]


def get(root: Path, folder: Path, bucket: Bucket, **more: object) -> Fetched:
    return get_images(root, folder, url_template=bucket.template, patience=HURRIED, **more)  # type: ignore[arg-type]


def test_everything_comes_and_is_found_by_a_later_load(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 4)
    found = get(root, tmp_path / "images", Bucket(fault_server))
    assert (found.asked, found.written, found.missing) == (6, 6, ())
    dataset = load_mediconfusion(root, images=tmp_path / "images")
    assert all(sample.images[0].path for sample in dataset.samples)
    assert (tmp_path / "images" / "20003.jpg").read_bytes() == picture(3)
    assert len(list((tmp_path / "images").iterdir())) == 6


def test_a_second_time_nothing_is_asked_and_nothing_is_touched(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 2)
    bucket = Bucket(fault_server)
    get(root, tmp_path / "images", bucket)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "images").iterdir()}
    asked = bucket.asked.total()
    found = get(root, tmp_path / "images", bucket)
    assert (found.kept, found.written) == (3, 0)
    assert bucket.asked.total() == asked
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "images").iterdir()} == before


@pytest.mark.parametrize(
    ("trouble", "reason", "asked"),
    [
        (Reply(404), "http-404", 3),  # once for each version of the article
        (Reply(403), "http-403", 3),
        (Reply(500), "http-500", 3),  # three attempts at the first version
        (Reply(401), "http-401", 1),
        (image(0, cut_at=200), "connection-cut", 3),
        (Reply(ending="reset"), "connection-cut", 3),
        (Reply(200, b"<html>just a page</html>"), "image-unreadable", 1),
        (Reply(200, b""), "image-unreadable", 1),
        (Reply(200, picture()[:-60]), "image-truncated", 3),
        (Reply(200, picture(), {"Content-Length": "999999999"}), "too-large", 1),
        (image(0, delay_s=2.0), "timeout", 3),
        (Reply(raw=b"220 mail.example\r\n\r\n", ending="close"), "connection-cut", 3),
        (Reply(302, b"", {"Location": "file:///etc/hostname"}), "http-302", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_come_is_named_and_leaves_nothing_behind(
    tmp_path: Path, fault_server: FaultServer, trouble: Reply, reason: str, asked: int
) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    bucket = Bucket(fault_server, figure_0=[trouble])
    found = get(root, tmp_path / "images", bucket)
    (missing,) = found.missing
    assert (missing.file, missing.article, missing.name) == ("20000.jpg", "PMC1000", "figure-0.jpg")
    assert missing.reason == reason
    assert sum(n for path, n in bucket.asked.items() if "figure-0" in path) == asked
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["20001.jpg"]


@pytest.mark.parametrize(
    "trouble",
    [Reply(503, b"", {"Retry-After": "0"}), image(0, cut_at=100), Reply(ending="reset")],
    ids=["overloaded", "cut", "reset"],
)
def test_trouble_that_passes_is_waited_out(
    tmp_path: Path, fault_server: FaultServer, trouble: Reply
) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    bucket = Bucket(fault_server, figure_0=[trouble, trouble, image(0)])
    found = get(root, tmp_path / "images", bucket)
    assert (found.written, found.missing) == (2, ())
    assert (tmp_path / "images" / "20000.jpg").read_bytes() == picture(0)


def test_a_later_version_of_the_article_will_do(tmp_path: Path, fault_server: FaultServer) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    bucket = Bucket(fault_server, figure_0=[Reply(404), image(0)])
    assert get(root, tmp_path / "images", bucket).missing == ()
    assert bucket.asked["/PMC1000.2/figure-0.jpg"] == 1


def test_a_file_that_is_no_image_is_kept_and_named(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    own = tmp_path / "images" / "20000.jpg"
    own.parent.mkdir()
    own.write_text("my notes", encoding="utf-8")
    found = get(root, tmp_path / "images", Bucket(fault_server))
    assert own.read_text("utf-8") == "my notes"
    (missing,) = found.missing
    assert missing.reason.startswith("image-unreadable (delete it")


def test_what_another_place_has_is_copied_and_not_asked_for(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 2)
    write_images(tmp_path / "own", [0, 2])
    bucket = Bucket(fault_server)
    found = get(root, tmp_path / "images", bucket, images=tmp_path / "own")
    assert (found.copied, found.written) == (2, 1)
    assert set(bucket.asked) == {"/PMC1001.1/figure-1.jpg"}
    assert (tmp_path / "images" / "20002.jpg").is_file()


def test_without_a_known_article_there_is_no_address(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 1, articles=False)
    bucket = Bucket(fault_server)
    found = get(root, tmp_path / "images", bucket)
    assert {missing.reason for missing in found.missing} == {"article-unknown"}
    assert not bucket.asked


def test_a_server_that_is_not_there_is_given_up(tmp_path: Path) -> None:
    with FaultServer() as server:
        address = f"http://127.0.0.1:{server.port}" + TEMPLATE
    root = write_mediconfusion(tmp_path / "set", 40)
    found = get_images(root, tmp_path / "images", url_template=address, patience=HURRIED)
    reasons = Counter(missing.reason for missing in found.missing)
    assert reasons.total() == 60
    assert set(reasons) == {"unreachable", "not-tried"}
    assert reasons["not-tried"] > reasons["unreachable"]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, fault_server: FaultServer) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    (tmp_path / "images").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="is a file"):
        get(root, tmp_path / "images", Bucket(fault_server))


def test_licences_of_articles_are_kept_beside_the_images(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 2)
    bucket = Bucket(fault_server)
    records = {
        "/metadata/PMC1000.1.json": Reply(200, b'{"license_code": "CC BY"}'),
        "/metadata/PMC1001.1.json": Reply(200, b'{"license_code": null}'),
        "/metadata/PMC1002.2.json": Reply(200, b'{"license_code": "CC BY-NC"}'),
    }
    images = fault_server.default

    def behave(seen: Seen) -> Reply:
        return records.get(seen.path, Reply(404)) if "metadata" in seen.path else images(seen)

    fault_server.default = behave
    template = bucket.address + "/metadata/{pmcid}.{version}.json"
    found = get(root, tmp_path / "images", bucket, licence_template=template)
    assert (found.articles, found.licensed, found.missing) == (3, 2, ())
    table = (tmp_path / "images" / "licences.csv").read_text("utf-8")
    assert table == "pmcid,licence\nPMC1000,CC BY\nPMC1002,CC BY-NC\n"
    samples = load_mediconfusion(root, images=tmp_path / "images").samples
    assert [sample.licence.partition("image: ")[2] for sample in samples] == [
        "CC BY", "licence of its article", "licence of its article", "CC BY-NC",
    ]  # fmt: skip


def test_records_of_articles_are_not_asked_for_unless_their_place_is_known(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    bucket = Bucket(fault_server)
    found = get(root, tmp_path / "images", bucket)
    assert (found.articles, found.licensed) == (2, 0)
    assert all("figure" in path for path in bucket.asked)
    with pytest.raises(UserError, match=r"--licence-template must hold \{pmcid\}"):
        get(root, tmp_path / "images", bucket, licence_template=bucket.address + "/{local}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://host/{file_name}", "must begin with http"),
        ("file:///{local}", "must begin with http"),
        ("https://{pmcid}/{file_name}", "may not fill in its host"),
        ("https://host/{name}", r"has \{name\}; there are"),
        ("https://host/{local.__class__}", "has"),
        ("https://host/all.jpg", "must hold"),
        ("https://host/{pmcid", "broken brace"),
    ],
)
def test_a_template_that_cannot_work_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        Template(text)


def test_names_are_quoted_in_addresses(tmp_path: Path) -> None:
    layout = read_layout(write_mediconfusion(tmp_path, 1))
    slot = layout.pairs[0].slots[0]
    article = layout.articles[slot.roco]
    assert list(Template(PMC_BUCKET).addresses(slot, article)) == [
        f"https://pmc-oa-opendata.s3.amazonaws.com/PMC1000.{version}/figure-0.jpg"
        for version in (1, 2, 3)
    ]
    assert list(Template("https://h/{roco}").addresses(slot, None)) == [f"https://h/{slot.roco}"]
    odd = type(article)("PMC1", "a b#?.jpg", "")
    assert list(Template("https://h/{file_name}").addresses(slot, odd)) == [
        "https://h/a%20b%23%3F.jpg"
    ]


def test_the_command_says_what_is_missing_and_goes_on_later(
    tmp_path: Path, fault_server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_mediconfusion(tmp_path / "set", 2)
    bucket = Bucket(fault_server, figure_1=[Reply(404)])
    command = [
        "data", "get", "mediconfusion", "--data", f"mediconfusion={root}",
        "--write", str(tmp_path / "images"), "--url-template", bucket.template,
    ]  # fmt: skip
    assert exit_code(command) == 3
    printed = capsys.readouterr()
    assert "2 images fetched, 0 copied, 0 kept" in printed.out
    assert "missing  20001.jpg  PMC1001/figure-1.jpg  http-404" in printed.out
    assert "1 of 3 images are not there: the same command" in printed.err
    check = ["data", "check", "--data", f"mediconfusion={root}",
             "--images", f"mediconfusion={tmp_path / 'images'}", "--json"]  # fmt: skip
    assert exit_code(check) == 0
    assert [row["path"] for row in orjson.loads(capsys.readouterr().out)] == ["20001.jpg"]
    bucket.special.clear()
    assert exit_code([*command, "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert (told["written"], told["kept"], told["missing"]) == (1, 2, [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["cares", "--data", "cares=."], "Unknown data to get"),
        (["mediconfusion"], "Say where the questions are"),
        (["mediconfusion", "--data", "mediconfusion=absent"], "There is no folder"),
        (["mediconfusion", "--data", "mediconfusion=.", "--url-template", "x"], "--url-template"),
    ],
)
def test_what_is_typed_wrong_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    assert exit_code(["data", "get", *arguments, "--write", str(tmp_path / "images")]) == 2
    assert why in capsys.readouterr().err


def test_ctrl_c_keeps_what_has_come_and_the_same_command_goes_on(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    root = write_mediconfusion(tmp_path / "set", 20)
    bucket = Bucket(fault_server, **{f"figure_{n}": [image(n, delay_s=0.2)] for n in range(30)})
    folder = tmp_path / "images"
    command = [
        sys.executable, "-m", "medtrust.cli.main", "data", "get", "mediconfusion",
        "--data", f"mediconfusion={root}", "--write", str(folder),
        "--url-template", bucket.template,
    ]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not list(folder.glob("*.jpg")):
        assert time.monotonic() < until
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 3
    assert "the same command resumes" in told
    come = sorted(path.name for path in folder.iterdir())
    assert 0 < len(come) < 30
    assert all(name.endswith(".jpg") for name in come)
    asked = bucket.asked.total()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"{30 - len(come)} images fetched, 0 copied, {len(come)} kept" in done.stdout
    assert bucket.asked.total() - asked == 30 - len(come)


def test_nothing_else_of_the_data_can_use_the_network() -> None:
    source = Path(medtrust.data.__file__ or "").parent
    users = [
        path.relative_to(source).as_posix()
        for path in sorted(source.rglob("*.py"))
        if re.search(
            r"^\s*(?:import|from) (?:urllib\.request|http|socket|asyncio|aiohttp|ftplib)\b",
            path.read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    assert users == ["mediconfusion/download.py"]
