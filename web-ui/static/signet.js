// Comfort for pages that work without it: copying, `/` for the search, the viewer's time zone, files read into text areas,
// `j` and `k` through a table, a name typed before what cannot be undone.
"use strict";

const announcement = document.getElementById("announcement");

function announce(text) {
  announcement.textContent = text;
  setTimeout(() => {
    announcement.textContent = "";
  }, 2000);
}

// Copying

function select(code) {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? code.textContent);
  } catch {
    // Without a trusted connection there is no clipboard; the selected text waits for Ctrl+C.
    code.textContent = button.dataset.copy ?? code.textContent;
    select(code);
    done = "Selected";
  }
  const isWord = !button.firstElementChild;
  button.dataset.done = done;
  if (isWord) button.textContent = done;
  announce(done);
  setTimeout(() => {
    delete button.dataset.done;
    if (isWord) button.textContent = "Copy";
  }, 2000);
}

// Times: the relative words stay; the viewer's zone stands on hover, with UTC

const local = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23", timeZoneName: "short",
});

function inZone(time) {
  const parts = Object.fromEntries(local.formatToParts(new Date(time.dateTime)).map((part) => [part.type, part.value]));
  const { year, month, day, hour, minute, second, timeZoneName } = parts;
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
}

function localise(time) {
  if (!time.dateTime || time.dataset.utc) return;
  const exact = "exact" in time.dataset;
  const utc = exact ? time.textContent : time.title;
  const here = inZone(time);
  time.dataset.utc = utc;
  if (here.endsWith(" UTC")) return;
  time.title = exact ? utc : `${here}\n${utc}`;
  if (exact) time.textContent = here;
}

// Files

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/.{64}/g, "$&\n").trimEnd();
}

// DER begins with the tag of a SEQUENCE in its long form; text does not.
function asText(bytes, label) {
  const isDer = bytes[0] === 0x30 && bytes[1] >= 0x80;
  const pem = () => `-----BEGIN ${label}-----\n${base64(bytes)}\n-----END ${label}-----\n`;
  if (isDer) return pem();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return pem();
  }
}

async function read(file, area, label) {
  if (file.size > 1048576) {
    announce(`${file.name} is larger than 1 MiB`);
    return;
  }
  area.value = asText(new Uint8Array(await file.arrayBuffer()), label);
  area.dispatchEvent(new Event("input", { bubbles: true }));
  announce(`${file.name} was read`);
}

function takeFiles(input) {
  const area = document.getElementById(input.dataset.into);
  const take = (files) => files[0] && read(files[0], area, input.dataset.pem);
  input.closest("[hidden]")?.removeAttribute("hidden");
  input.addEventListener("change", () => take(input.files));
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

// The digest of a file, without sending the file

async function digest(file, field) {
  announce(`Reading ${file.name}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  field.value = Array.from(hash, (octet) => octet.toString(16).padStart(2, "0")).join("");
  announce(`The SHA-256 of ${file.name} is filled in`);
}

// Browsers hash on trusted connections only; elsewhere the choice stays hidden.
function offerDigest(input) {
  if (!window.crypto?.subtle) return;
  const field = document.getElementById(input.dataset.digestInto);
  input.closest("[hidden]")?.removeAttribute("hidden");
  input.addEventListener("change", () => input.files[0] && digest(input.files[0], field));
}

// What cannot be undone

function demand(input) {
  const button = input.form.querySelector("button.danger");
  const check = () => {
    button.disabled = input.value.trim() !== input.dataset.confirm;
  };
  input.addEventListener("input", check);
  check();
}

// Rows

function tickAll(box) {
  const boxes = () => box.closest("table").querySelectorAll("tbody input[type=checkbox]");
  box.hidden = false;
  box.addEventListener("change", () => boxes().forEach((other) => {
    other.checked = box.checked;
  }));
}

function moveRow(step) {
  const links = [...document.querySelectorAll("a.row")];
  if (links.length === 0) return false;
  const row = document.activeElement.closest("tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (button) copy(button);
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, summary") || `${getSelection()}`) return;
  const link = row.querySelector("a.row");
  if (event.ctrlKey || event.metaKey) window.open(link.href);
  else link.click();
});

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.getElementById("search");
  const step = { j: 1, k: -1 }[event.key];
  if (event.key === "/" && search) search.focus();
  else if (!step || !moveRow(step)) return;
  event.preventDefault();
});

// What is in the page now, and what htmx brings later

function enhance(part) {
  const each = (selector, act) => part.querySelectorAll(selector).forEach(act);
  each("button.copy", (button) => {
    button.hidden = false;
  });
  each("time", localise);
  each("input[data-into]", takeFiles);
  each("input[data-digest-into]", offerDigest);
  each("input[data-confirm]", demand);
  each("input[data-all]", tickAll);
}

enhance(document);
document.addEventListener("htmx:load", (event) => event.target !== document.body && enhance(event.target));
// A link without the fields that say nothing is the link that one shares.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  const fields = event.detail.parameters;
  for (const name of Object.keys(fields)) if (fields[name] === "") delete fields[name];
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, () => announce("The server did not answer; reload the page"));
}
