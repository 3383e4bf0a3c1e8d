"""The page of the node at argv[1], which serves `hello`, `panics` and `spin` under load, in headless Chromium."""

import sys

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

options = webdriver.ChromeOptions()
for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
service = webdriver.ChromeService(executable_path="/usr/bin/chromedriver")
browser = webdriver.Chrome(options=options, service=service)


def until(condition):
    return WebDriverWait(browser, 60, ignored_exceptions=(Exception,)).until(lambda _: condition())


def cells(table):
    script = """return [...document.querySelectorAll(arguments[0] + ' tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent));"""
    return browser.execute_script(script, "#" + table)


try:
    browser.get(sys.argv[1] + "/")
    until(lambda: int(browser.execute_script("return document.body.dataset.looks || 0")) >= 3)
    names = [row[0] for row in cells("functions")]
    assert names == ["hello", "panics", "spin"], names
    until(lambda: all(float(row[2]) > 0 for row in cells("functions")))
    until(lambda: cells("functions")[0][3].startswith("≤ "))
    outcomes = [row[5] for row in cells("functions")]
    assert "ok" in outcomes[0] and "panicked" in outcomes[1] and "over_budget" in outcomes[2], outcomes
    failures = until(lambda: cells("failures"))
    assert {row[2] for row in failures} <= {"panicked", "over_budget"}, failures
    until(lambda: any("budget of 10000 us" in row[3] for row in cells("failures")))

    click = "[...document.querySelectorAll('#functions button')][0].click()"
    browser.execute_script(click)
    until(lambda: browser.find_element(By.ID, "try-answer").text == "Hello, world!")
    assert browser.find_element(By.ID, "try-outcome").text.startswith("ok, ")
    body = browser.find_element(By.ID, "try-body")
    body.clear()
    body.send_keys("<b>Ada</b>")
    browser.find_element(By.ID, "try-send").click()
    until(lambda: browser.find_element(By.ID, "try-answer").text == "Hello, <b>Ada</b>!")
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [it for it in errors if "favicon" not in it["message"]] == [], errors
finally:
    browser.quit()
