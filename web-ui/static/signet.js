// Shows the copy buttons, which do nothing without a script, and lets them copy the code that stands before them.
"use strict";

const announcement = document.getElementById("announcement");

function select(code) {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button, code) {
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Without a trusted connection there is no clipboard; the selected text waits for Ctrl+C.
    select(code);
    done = "Selected";
  }
  button.textContent = done;
  announcement.textContent = done;
  setTimeout(() => {
    button.textContent = "Copy";
    announcement.textContent = "";
  }, 2000);
}

for (const button of document.querySelectorAll("button.copy")) {
  const code = button.parentElement.querySelector("code");
  button.hidden = false;
  button.addEventListener("click", () => copy(button, code));
}
