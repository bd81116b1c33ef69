"""The report, opened in a browser: its tables, figures and provenance are there and can be seen."""

import shutil

import pytest

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not shutil.which("chromedriver"), reason="needs Chromium and ChromeDriver"),
]
QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1500,1000"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium."""
    options = webdriver.ChromeOptions()
    for argument in QUIET:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(studied):
    """The report of the tiny project, as an address."""
    studied.ok("snakemake", "--report", "report.html", "all")
    return (studied.folder / "report.html").as_uri()


def first(browser, how, what):
    """The first element that is found, when it is there."""
    return WebDriverWait(browser, 20).until(lambda driver: driver.find_elements(how, what))[0]


def click(browser, xpath):
    """Click as a script: while the menu still moves, a click at a place meets something else."""
    browser.execute_script("arguments[0].click()", first(browser, By.XPATH, xpath))


def show(browser, page, category, label=None):
    """Open the page at a result of a category: the one with this label, or the only one."""
    browser.get("about:blank")
    browser.get(page)
    click(browser, f"//a[span[text()='{category}']]")
    row = f"//tbody/tr[td[text()='{label}']]" if label else "//tbody/tr"
    click(browser, f"{row}//a")


@pytest.mark.parametrize(
    ("category", "label", "texts"),
    [
        ("Tables", "table3", ["all: RAID, ACE, SQ", "without ACE-dec", "95 % over videos"]),
        ("Provenance", None, ["commit", "model.raid.gamma", "table3.wider", "torch", "sha256"]),
    ],
)
def test_a_table_is_shown(browser, page, category, label, texts):
    show(browser, page, category, label)
    browser.switch_to.frame(first(browser, By.TAG_NAME, "iframe"))
    text = first(browser, By.TAG_NAME, "body").text
    assert [word for word in texts if word not in text] == []
    assert first(browser, By.TAG_NAME, "table").size["width"] > 300


@pytest.mark.parametrize(
    ("category", "label"),
    [("Figures", "figure4"), ("Figures", "figure5a"), ("Figures", "figureS3"), ("Error analysis", "full")],
)
def test_a_figure_is_shown(browser, page, category, label):
    show(browser, page, category, label)
    picture = "//img[starts-with(@src, 'data:image/svg') and not(contains(@class, 'h-4'))]"
    image = first(browser, By.XPATH, picture)
    WebDriverWait(browser, 20).until(lambda driver: driver.execute_script("return arguments[0].complete", image))
    assert browser.execute_script("return arguments[0].naturalWidth", image) > 300
    assert image.is_displayed()


def test_run_times_and_the_rule_graph_are_shown(browser, page):
    for entry in ("Statistics", "Workflow"):
        browser.get("about:blank")
        browser.get(page)
        click(browser, f"//a[span[text()='{entry}']]")
        assert first(browser, By.XPATH, "//canvas | //*[name()='svg' and @class='marks']").is_displayed()


def test_nothing_is_loaded_from_elsewhere(browser, page):
    browser.get(page)
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in loaded if not name.startswith(("data:", "blob:", "file:"))] == []
