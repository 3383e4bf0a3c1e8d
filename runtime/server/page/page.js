// What the page shows: asks the node each second, and shows what happened since it asked before.
"use strict";

const INTERVAL_MS = 1000;
const at = (id) => document.getElementById(id);
let before = new Map();
let chosen = null;

function headers() {
  const key = at("key").value.trim();
  return key ? { "x-api-key": key } : {};
}

function cell(text, kind) {
  const td = document.createElement("td");
  td.textContent = text;
  if (kind) td.className = kind;
  return td;
}

// The duration that `part` of the requests between two looks did not pass: the bound of its bucket.
function quantile(bounds, now, then, part) {
  const since = now.map((count, i) => count - (then ? then[i] : 0));
  const all = since[since.length - 1];
  if (all <= 0) return "–";
  const bucket = since.findIndex((count) => count >= part * all);
  return bucket < bounds.length ? "≤ " + duration(bounds[bucket]) : "> " + duration(bounds.at(-1));
}

function duration(ns) {
  if (ns >= 1e9) return ns / 1e9 + " s";
  return ns >= 1e6 ? ns / 1e6 + " ms" : ns / 1e3 + " µs";
}

function rows(table, items) {
  table.replaceChildren(...items);
}

function functionRow(it, told) {
  const then = before.get(it.name);
  const row = document.createElement("tr");
  const ended = it.request.at(-1) - (then ? then.request.at(-1) : 0);
  const seconds = then ? (told.time_ms - then.time_ms) / 1000 : 0;
  const outcomes = Object.entries(it.outcomes).map(([name, count]) => name + " " + count).join(", ");
  const invoke = document.createElement("button");
  invoke.textContent = "Invoke";
  invoke.addEventListener("click", () => choose(it.name));
  const last = document.createElement("td");
  last.append(invoke);
  row.append(
    cell(it.name), cell(it.version, "number"),
    cell(seconds > 0 ? (ended / seconds).toFixed(1) : "–", "number"),
    cell(quantile(told.bounds_ns, it.request, then && then.request, 0.5), "number"),
    cell(quantile(told.bounds_ns, it.request, then && then.request, 0.99), "number"),
    cell(outcomes), cell(it.ban ? "banned: " + it.ban : String(it.strikes), it.ban ? "bad" : "number"),
    last,
  );
  return row;
}

function failureRow(it) {
  const row = document.createElement("tr");
  row.append(
    cell(new Date(it.time_ms).toLocaleTimeString(), "number"), cell(it.function + ":" + it.version),
    cell(it.outcome, "bad"), cell(it.text), cell(it.request),
  );
  return row;
}

function show(told) {
  rows(at("functions"), told.functions.map((it) => functionRow(it, told)));
  rows(at("failures"), told.failures.map(failureRow));
  before = new Map(told.functions.map((it) => [it.name, { ...it, time_ms: told.time_ms }]));
  at("state").textContent = told.functions.length + " functions";
  document.body.dataset.looks = Number(document.body.dataset.looks || 0) + 1;
}

async function look() {
  try {
    const reply = await fetch("/page/state", { headers: headers(), cache: "no-store" });
    at("key-row").hidden = at("key-row").hidden && reply.status !== 401;
    if (reply.ok) show(await reply.json());
    else at("state").textContent = (await reply.json()).message;
  } catch (error) {
    at("state").textContent = "the node does not answer: " + error.message;
  }
  setTimeout(look, INTERVAL_MS);
}

function choose(name) {
  chosen = name;
  at("try").hidden = false;
  at("try-name").textContent = name;
  at("try-outcome").textContent = at("try-answer").textContent = "";
  send();
}

async function send() {
  // A tenant calls its functions by their names alone.
  const name = encodeURIComponent(chosen.split("/").pop());
  const options = { method: "POST", body: at("try-body").value, headers: headers() };
  try {
    const reply = await fetch("/invoke/" + name, options);
    at("try-outcome").textContent = (reply.headers.get("x-mote-outcome") || reply.status) +
      ", " + (reply.headers.get("x-mote-billed-us") || 0) + " µs";
    at("try-answer").textContent = await reply.text();
  } catch (error) {
    at("try-outcome").textContent = error.message;
  }
}

at("try-send").addEventListener("click", send);
look();
