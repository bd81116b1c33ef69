"""Make detections up, write their page with ``react-tad view``, and time it in headless Chromium.

    python benchmarks/view.py --to FOLDER [--recordings 200] [--detections 1000] [--classes 20]

FOLDER gets ``detections.json``, ``annotations.json`` and ``page.html``. Detections gather around the annotations, as a
network's do, the rest lies anywhere; the same numbers make the same files. Needs Chromium and ChromeDriver, selenium
and psutil.

What is printed: the time until the first recording is drawn; the time from a move of the slider (40 steps up to the
best score) to the frame that shows it, and from one recording to the next; the script's memory after collection, and
that of the page's process, and its CPU time, which says what there is to do where other work slows the clock.
"""

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
import psutil
from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver

from react_tad.cli import main

LABELS = (
    *("walking", "walking upstairs", "walking downstairs", "sitting", "standing", "laying", "stand to sit"),
    *("sit to stand", "sit to lie", "lie to sit", "stand to lie", "lie to stand", "running", "jumping", "turning"),
    *("bending", "lifting", "throwing", "catching", "waving"),
)
QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1280,940"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TIMING = """
const [steps, act, done] = arguments;
const chart = document.getElementById("chart"), slider = document.getElementById("minimum"), times = [];
const next = (step) => {
  if (step > steps) return done(times);
  const start = performance.now();
  chart.once("plotly_afterplot", () => requestAnimationFrame(() => setTimeout(() => {
    times.push(performance.now() - start);
    next(step + 1);
  })));
  if (act === "slider") {
    slider.value = slider.max * step / (steps + 1);
    slider.dispatchEvent(new Event("input"));
  } else document.getElementById("next").click();
};
next(1);
"""
FIRST = """
const done = arguments[0];
const look = () => (document.querySelector("#chart .bars path")
  ? requestAnimationFrame(() => setTimeout(() => done(performance.now()))) : requestAnimationFrame(look));
look();
"""


def recording(random: np.random.Generator, labels: list[str], count: int) -> tuple[dict, list[dict]]:
    """An entry of the annotations, and ``count`` detections."""
    duration = random.uniform(120, 240)
    starts = np.sort(random.uniform(0, duration - 12, 14))
    own = random.choice(labels, min(6, len(labels)), replace=False)
    instances = [(str(random.choice(own)), start, start + random.uniform(2, 11)) for start in starts.tolist()]
    found = []
    for rank in range(count):
        label, start, end = instances[random.integers(len(instances))]
        quality = random.uniform() * (1 - 0.7 * rank / count)
        if rank % 5 == 4:
            start, quality = random.uniform(0, duration - 8), 0.4 * quality
            label, end = str(random.choice(own if rank % 2 else labels)), start + random.uniform(1, 8)
        spread = 0.3 * (1 - quality) * (end - start)
        segment = np.clip(np.sort((start, end) + spread * random.standard_normal(2)), 0, duration).tolist()
        found.append({"label": label, "segment": segment, "score": quality**1.5})
    rows = [{"label": label, "segment": [start, end]} for label, start, end in instances]
    return {"subset": "test", "duration": duration, "annotations": rows}, found


def write_page(folder: Path, recordings: int, detections: int, classes: int) -> Path:
    """Write the made-up files and their page."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    labels = [*LABELS, *(f"class {number}" for number in range(len(LABELS), classes))][:classes]
    made = {f"recording {number:03}": recording(random, labels, detections) for number in range(1, recordings + 1)}
    truth = {"database": {name: entry for name, (entry, _) in made.items()}}
    found = {"results": {name: rows for name, (_, rows) in made.items()}}
    (folder / "annotations.json").write_text(json.dumps(truth))
    (folder / "detections.json").write_text(json.dumps(found))
    files = [str(folder / name) for name in ("detections.json", "annotations.json", "page.html")]
    began = time.perf_counter()
    if main(["view", files[0], "--annotations", files[1], "--out", files[2], "--title", "Made-up detections"]):
        raise SystemExit(1)
    print(f"written in {time.perf_counter() - began:.1f} s")
    return folder / "page.html"


def open_browser() -> WebDriver:
    """Headless Chromium."""
    options = webdriver.ChromeOptions()
    for argument in QUIET:
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def measure(page: Path, recordings: int) -> None:
    """Print what looking at the page costs."""
    browser = open_browser()
    try:
        browser.set_script_timeout(300)
        browser.get(page.absolute().as_uri())
        first = browser.execute_async_script(FIRST)
        mine = max(_renderers(browser), key=lambda process: process.memory_info().rss)
        print(f"first recording drawn after {first:.0f} ms, {_cpu_ms(mine):.0f} ms of CPU")
        for act, steps in (("slider", 40), ("next", min(30, recordings - 1))):
            before = _cpu_ms(mine)
            times = sorted(browser.execute_async_script(TIMING, steps, act)) or [float("nan")]
            cpu = (_cpu_ms(mine) - before) / max(steps, 1)
            median = times[len(times) // 2]
            print(f"{act}: median {median:.0f} ms, worst {times[-1]:.0f} ms of {steps}; {cpu:.0f} ms of CPU each")
        browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        browser.execute_cdp_cmd("Performance.enable", {})
        metrics = {
            one["name"]: one["value"] for one in browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        }
        print(f"script {metrics['JSHeapUsedSize'] / 1e6:.0f} MB, process {mine.memory_info().rss / 1e6:.0f} MB")
    finally:
        browser.quit()


def _renderers(browser: WebDriver) -> list[psutil.Process]:
    """The browser's processes that hold pages; that of the page is by far the largest."""
    processes = psutil.Process(browser.service.process.pid).children(recursive=True)
    return [process for process in processes if "--type=renderer" in process.cmdline()]


def _cpu_ms(process: psutil.Process) -> float:
    """What a process has computed, of all its threads."""
    used = process.cpu_times()
    return 1000 * (used.user + used.system)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--detections", type=int, default=1000, help="of a recording")
    parser.add_argument("--classes", type=int, default=20)
    given = parser.parse_args()
    measure(write_page(given.to, given.recordings, given.detections, given.classes), given.recordings)
