"""The page in headless Chromium without a network: what its script does."""

import json
import shutil
from urllib.parse import unquote

import numpy as np
import pytest

from react_tad.cli import main

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("chromedriver"), reason="needs Chromium and ChromeDriver")
QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1280,800"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
HOSTILE = (
    "</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>", "<!--<script>",
    "${data} $title",
    '<a href="javascript:window.hacked=1">link</a>', r"$\frac{1}{2}$", "\"quoted\" & 'so' &lt;b&gt;", "<b>bold</b><br>",
    "العربية (يمين)", "跳水 🤿", "javascript:window.hacked=1", "__proto__", "\u202eoverride", "x" * 300,
)  # fmt: skip


class View:
    """The page in a browser."""

    def __init__(self, browser, page):
        self.browser = browser
        browser.get("about:blank")
        browser.get(page.as_uri())
        self.wait(lambda: self.js("return document.getElementById('left').textContent"))

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def wait(self, condition):
        return WebDriverWait(self.browser, 20, poll_frequency=0.05).until(lambda _: condition())

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)", selector)

    def boxes(self, selector):
        """Where elements lie: [(left, right, top, bottom)] in pixels."""
        return self.js(
            """return [...document.querySelectorAll(arguments[0])].map(one => {
                const {left, right, top, bottom} = one.getBoundingClientRect();
                return [left, right, top, bottom];
            })""",
            selector,
        )

    def drawn(self):
        """What the page shows after the next frame: its count, and how many annotations and detections are drawn."""
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
        )
        text = self.texts("#left")[0].replace(",", "")
        here, _, own, _, _, everywhere, _, whole, *_ = text.split()
        bars = self.js(
            "return document.getElementById('stage').hidden ? [0, 0] : "
            "document.getElementById('chart').data.map(trace => trace.base.length)"
        )
        paths = 0 if bars == [0, 0] else len(self.all("#chart .bars .point path"))
        assert paths == sum(bars)
        return {"here": (int(here), int(own)), "all": (int(everywhere), int(whole)), "bars": tuple(bars)}

    def minimum(self, value):
        """Move the slider."""
        self.js(
            "const slider = document.getElementById('minimum'); slider.value = arguments[0];"
            "slider.dispatchEvent(new Event('input', {bubbles: true}))",
            value,
        )
        return self.drawn()

    def bar(self, number):
        """The element of a bar: annotations come first, then detections, the best first."""
        return self.all("#chart .bars .point path")[number]

    def click_bar(self, number):
        ActionChains(self.browser).move_to_element(self.bar(number)).click().perform()

    def name(self):
        return self.texts("#name")[0]

    def press(self, key):
        ActionChains(self.browser).send_keys(key).perform()
        return self.drawn()

    def range(self):
        return self.js("return document.getElementById('chart').layout.xaxis.range")


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium that reaches no network."""
    options = webdriver.ChromeOptions()
    for argument in QUIET:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def write(folder, results, database=None, *options):
    """A page of these detections and annotations."""
    (folder / "d.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    more = []
    if database:
        (folder / "a.json").write_text(json.dumps({"database": database}), encoding="utf-8")
        more = ["--annotations", str(folder / "a.json")]
    page = folder / "page.html"
    assert main(["view", str(folder / "d.json"), *more, "--out", str(page), *options]) == 0
    return page


def annotated(*instances, duration=60):
    rows = [{"label": label, "segment": [start, end]} for label, start, end in instances]
    return {"subset": "test", "duration": duration, "annotations": rows}


def made(recordings=5, count=150, classes=9):
    """Detections and annotations as the files hold them."""
    random = np.random.default_rng(1)
    results, database = {}, {}
    for number in range(recordings):
        rows = []
        for _ in range(count - 20 * number):
            start = random.uniform(0, 50)
            label, score = f"class {random.integers(classes)}", random.uniform() ** 2
            rows.append({"label": label, "segment": [start, start + random.uniform(0.2, 9)], "score": score})
        rows[0]["score"] = 0.25  # where the slider stops
        results[f"recording {number}"] = rows
        database[f"recording {number}"] = annotated(("class 1", 1, 5), ("class 2", 2, 8), ("class 1", 4, 9.5))
    return results, database


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Page, detections."""
    results, database = made()
    return write(tmp_path_factory.mktemp("example"), results, database), results


def count(rows, minimum, classes=None):
    return sum(row["score"] >= minimum and (classes is None or row["label"] in classes) for row in rows)


def total(results, *how):
    return sum(count(rows, *how) for rows in results.values())


def test_the_slider_leaves_what_python_counts(browser, example):
    page, results = example
    view = View(browser, page)
    every = sum(map(len, results.values()))
    for minimum in (0, 0.25, 0.251, 0.6, 0.95, 0):
        seen = view.minimum(minimum)
        for name, counted in zip(results, view.texts("#recording-list .count"), strict=True):
            assert int(counted) == count(results[name], minimum)
        here = count(results["recording 0"], minimum)
        assert seen == {"here": (here, 150), "all": (total(results, minimum), every), "bars": (3, here)}


def test_the_slider_can_be_moved_by_hand_and_by_number(browser, example):
    page, results = example
    view = View(browser, page)
    view.all("#minimum")[0].click()  # its middle
    middle = float(view.js("return document.getElementById('minimum').value"))
    assert 0.4 < middle < 0.6
    assert view.drawn()["here"][0] == count(results["recording 0"], middle)
    view.press(Keys.ARROW_RIGHT)
    value = float(view.js("return document.getElementById('minimum').value"))
    assert value > middle and view.name() == "recording 0"
    field = view.all("#minimum-number")[0]
    assert float(field.get_attribute("value")) == value
    exact = results["recording 0"][7]["score"]
    field.clear()
    field.send_keys(repr(exact))
    assert view.drawn()["here"][0] == count(results["recording 0"], exact)
    assert view.js("const slider = document.getElementById('minimum'); slider.value = slider.max;"
                   "slider.dispatchEvent(new Event('input'))") is None  # fmt: skip
    assert view.drawn()["all"][0] == 0


def test_classes_are_switched_off_and_on(browser, example):
    page, results = example
    view = View(browser, page)
    boxes = view.all("#class-list input")
    boxes[1].click()
    classes = {f"class {number}" for number in range(9)} - {"class 1"}
    seen = view.drawn()
    assert seen["here"][0] == seen["bars"][1] == count(results["recording 0"], 0, classes)
    assert seen["all"][0] == total(results, 0, classes)
    assert seen["bars"][0] == 1
    assert view.texts("#rows .name") == sorted(classes)
    view.all("#none")[0].click()
    assert view.drawn()["all"][0] == 0
    assert "No detection" in view.texts("#empty:not([hidden])")[0]
    boxes[4].click()
    assert view.drawn()["here"][0] == count(results["recording 0"], 0, {"class 4"})
    view.all("#all")[0].click()
    assert view.drawn()["bars"] == (3, 150)


def test_recordings_by_click_by_key_and_by_search(browser, example):
    view = View(browser, example[0])
    view.all("#recording-list button")[3].click()
    assert view.drawn()["here"] == (90, 90) and view.name() == "recording 3"
    assert view.press(Keys.ARROW_RIGHT)["here"] == (70, 70)
    view.press(Keys.ARROW_RIGHT)
    assert view.name() == "recording 4"  # the last
    for _ in range(4):
        view.press(Keys.ARROW_LEFT)
    assert view.name() == "recording 0"
    search = view.all("#find-recording")[0]
    search.send_keys("ING 3")
    listed = [item.text.split("\n")[0] for item in view.all("#recording-list li") if item.is_displayed()]
    assert listed == ["recording 3"]
    view.all("#next")[0].click()
    assert view.drawn()["here"] == (90, 90)
    assert view.texts("#recording-list [aria-current] .name") == ["recording 3"]


def test_bars_lie_where_their_segments_are(browser, example):
    page, results = example
    view = View(browser, page)
    view.drawn()
    rows = sorted(results["recording 0"], key=lambda row: -row["score"])
    boxes = view.boxes("#chart .bars .point path")
    ((first, last, *_),) = view.boxes("#chart .nsewdrag")
    band = dict(zip(view.texts("#rows .name"), view.boxes(".row"), strict=True))
    for (left, right, top, bottom), row in zip(boxes[3:], rows, strict=True):
        start, end = (first + (last - first) * time / 60 for time in row["segment"])
        assert abs(left - start) < 1.5 and abs(right - end) < 1.5
        assert band[row["label"]][2] <= top < bottom <= band[row["label"]][3]
    apart = np.array(boxes)
    for number, (left, right, top, bottom) in enumerate(boxes):
        others = np.delete(apart, number, 0)
        over = (others[:, 0] < right - 1.5) & (others[:, 1] > left + 1.5)
        over &= (others[:, 2] < bottom - 1.5) & (others[:, 3] > top + 1.5)
        assert not over.any()


def test_time_is_zoomed_and_moved_within_the_recording(browser, example):
    view = View(browser, example[0])
    view.drawn()
    assert view.range() == [0, 60]
    view.all("#in")[0].click()
    view.press("+")
    first, last = view.range()
    assert last - first == pytest.approx(60 / 1.6**2) and (first + last) / 2 == pytest.approx(30)
    area = view.all("#chart .nsewdrag")[0]
    ActionChains(browser).drag_and_drop_by_offset(area, 100, 0).perform()
    view.drawn()
    moved = view.range()
    wide = view.js("return arguments[0].getBoundingClientRect().width", area)
    assert moved[0] == pytest.approx(first - 100 / wide * (last - first), abs=0.3)
    assert view.js("return document.getElementById('axis').layout.xaxis.range") == pytest.approx(moved)
    view.press("0")
    assert view.range() == [0, 60]
    left, right, top, _ = view.boxes("#chart .nsewdrag")[0]
    wheel = {"bubbles": True, "cancelable": True, "ctrlKey": True, "deltaY": -200}
    wheel |= {"clientX": left + (right - left) / 4, "clientY": top}
    view.js("arguments[0].dispatchEvent(new WheelEvent('wheel', arguments[1]))", area, wheel)
    zoomed = view.range()
    assert zoomed[1] - zoomed[0] == pytest.approx(60 / np.e, rel=1e-3)
    assert zoomed[0] + (zoomed[1] - zoomed[0]) / 4 == pytest.approx(
        15, abs=0.1
    )  # what is under the pointer stays there
    view.minimum(0.5)
    assert view.range() == zoomed
    view.press("-")
    view.press("-")
    view.press("-")
    assert view.range() == [0, 60]


def test_hovering_tells_and_a_click_keeps(browser, tmp_path):
    detection = {"label": "Jump", "segment": [12.345, 3723.5], "score": 0.87654321}
    view = View(browser, write(tmp_path, {"v": [detection]}))
    view.drawn()
    ActionChains(browser).move_to_element(view.bar(0)).perform()
    view.wait(lambda: view.all("#tip")[0].is_displayed())
    lines = view.texts("#tip div")
    assert lines == ["Jump", "12.35 s to 3723.50 s (1:02:03.5), 3711.16 s long", "score 0.87654"]
    view.click_bar(0)
    view.wait(lambda: view.texts("#detail .label") == ["Jump"])
    assert not view.all("#player")[0].is_displayed()


@pytest.mark.parametrize("rows", [[], [{"label": "a", "segment": [2, 2], "score": -1}] * 3])
def test_few_or_no_detections(browser, tmp_path, rows):
    view = View(browser, write(tmp_path, {"v": [], "w": rows}))
    assert view.drawn()["here"] == (0, 0)
    assert view.texts("#empty:not([hidden])") == ["This recording has no detections."]
    assert view.press(Keys.ARROW_RIGHT)["bars"] == (0, len(rows))
    tops = [top for _, _, top, _ in view.boxes("#chart .bars .point path")]
    assert len(set(tops)) == len(rows)  # those of no length are seen, each for itself
    assert browser.get_log("browser") == []


def test_names_are_text(browser, tmp_path):
    rows = [
        {"label": name, "segment": [2 * number, 2 * number + 1.5], "score": 1 - number / 100}
        for number, name in enumerate(HOSTILE)
    ]
    database = {name: annotated(*((label, 30, 40) for label in HOSTILE)) for name in HOSTILE}
    view = View(browser, write(tmp_path, dict.fromkeys(HOSTILE, rows), database, "--title", HOSTILE[0]))
    elements = view.js("return document.querySelectorAll('*').length")
    assert view.texts("h1") == [HOSTILE[0]] and browser.title == HOSTILE[0]
    assert view.texts("#recording-list .name") == list(HOSTILE)
    assert view.texts("#class-list .name") == sorted(HOSTILE)
    for number, name in enumerate(HOSTILE):
        assert view.name() == name
        view.drawn()
        view.js("document.getElementById('scroll').scrollTop = 0")
        assert view.texts("#rows .name") == sorted(HOSTILE)
        bar = view.bar(len(HOSTILE) + number)
        view.js("arguments[0].scrollIntoView({block: 'center'})", bar)
        ActionChains(browser).move_to_element(bar).click().perform()
        view.wait(lambda name=name: view.texts("#detail .label") == [name] == view.texts("#tip .label"))
        view.press(Keys.ARROW_RIGHT)
    assert view.js("return window.hacked") is None
    kinds = set(view.js("return [...document.querySelectorAll('*')].map(one => one.localName)"))
    assert not kinds & {"img", "a", "b", "br", "iframe", "object"}
    assert view.js("return document.scripts.length") == 3
    assert view.js("return document.querySelectorAll('*').length") < elements + 60
    drawn = "".join(view.texts("#chart, #axis"))
    assert not set(drawn) - set("0123456789 .,s−")  # Plotly was given no name
    assert browser.get_log("browser") == []


def test_nothing_is_loaded_and_nothing_else_runs(browser, example):
    view = View(browser, example[0])
    view.drawn()
    loaded = view.js("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in loaded if not name.startswith(("data:", "blob:"))] == []
    assert browser.get_log("browser") == []
    refused = browser.execute_async_script("""
        const done = arguments[0], refused = [];
        document.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        const image = document.createElement("img");
        image.setAttribute("onerror", "window.hacked = 1");
        image.src = "https://example.org/x.png";
        document.body.append(image);
        fetch("https://example.org/").catch(() => setTimeout(() => done(refused), 200));
    """)
    assert {"script-src-elem", "script-src-attr", "img-src", "connect-src"} <= set(refused)
    assert view.js("return window.hacked") is None
    browser.get_log("browser")


def film(path, seconds=12, rate=10):
    """A film whose brightness tells the second."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(seconds * rate):
            picture = np.full((48, 64, 3), 20 * (number // rate), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("name", ["plain", "50% of #1? 跳 <b>"])
def test_a_click_plays_the_detection(browser, tmp_path, name):
    (tmp_path / "my films").mkdir()
    film(tmp_path / "my films" / f"{name}.webm")
    rows = [{"label": "a", "segment": [7.5, 8.5], "score": 0.9}, {"label": "b", "segment": [2, 3], "score": 0.5}]
    database = {name: annotated(("a", 4, 4.5), duration=12)}
    options = ("--videos", str(tmp_path / "my films"))
    view = View(browser, write(tmp_path, {name: rows, "no film": rows}, database, *options))
    view.drawn()
    source = view.js("return document.getElementById('video').getAttribute('src')")
    assert source.startswith("my%20films/") and unquote(source) == f"my films/{name}.webm"
    view.wait(lambda: view.js("return document.getElementById('video').readyState") >= 1)
    for number, (start, end) in enumerate([(4, 4.5), (7.5, 8.5), (2, 3)]):  # the annotation stands first
        begun = len(played(view))
        view.click_bar(number)
        view.wait(lambda begun=begun: len(played(view)) > begun)
        view.wait(lambda: view.js("return document.getElementById('video').paused"))
        assert (start, end) == pytest.approx(min(played(view), key=lambda one: abs(one[0] - start)), abs=0.35)
        assert view.js("return document.getElementById('video').currentTime") == pytest.approx(end, abs=0.35)
        ((mark, *_),), edge = view.boxes("#playhead"), view.boxes("#chart .bars .point path")[number][1]
        assert abs(mark - edge) < 0.35 / 12 * 960 + 3
    view.press(Keys.ARROW_RIGHT)
    assert view.name() == "no film" and not view.all("#player")[0].is_displayed()
    assert view.js("return document.getElementById('video').hasAttribute('src')") is False
    assert browser.get_log("browser") == []


def played(view):
    """What of the film has been played, [(start, end)] in seconds."""
    return view.js(
        "const {played} = document.getElementById('video');"
        "return [...Array(played.length).keys()].map(number => [played.start(number), played.end(number)])"
    )


def test_a_video_that_cannot_be_played_is_told(browser, tmp_path):
    (tmp_path / "v.mp4").write_bytes(b"no film")
    rows = [{"label": "a", "segment": [1, 2], "score": 0.9}]
    view = View(browser, write(tmp_path, {"v": rows}, None, "--videos", str(tmp_path)))
    view.wait(lambda: "cannot play" in "".join(view.texts("#detail")))
    view.drawn()
    view.click_bar(0)
    view.wait(lambda: view.texts("#detail .label") == ["a"])
