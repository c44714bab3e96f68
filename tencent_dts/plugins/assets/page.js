// Keeps the page fresh, in Airflow's colours, and lets its links leave the frame that Airflow shows it in.
"use strict";

(() => {
  const root = document.documentElement;
  const framed = window.parent !== window;

  function followTheme() {
    const host = window.parent.document.documentElement;
    const apply = () => {
      root.dataset.theme = host.classList.contains("dark") ? "dark" : "light";
      const colours = [host.ownerDocument.body, host].map((part) => getComputedStyle(part).backgroundColor);
      const back = colours.find((colour) => colour !== "rgba(0, 0, 0, 0)");
      if (back) root.style.setProperty("--back", back);
    };
    new MutationObserver(apply).observe(host, { attributes: true, attributeFilter: ["class"] });
    apply();
  }

  // The frame's sandbox forbids it to open windows; the page around it may.
  function openOutside(event) {
    const link = event.target.closest("a[target=_blank]");
    if (!link) return;
    event.preventDefault();
    const twin = Object.assign(window.parent.document.createElement("a"), {
      href: link.href, target: "_blank", rel: "noopener noreferrer",
    });
    twin.click();
  }

  function show(fresh) {
    const old = document.getElementById("content");
    for (const details of old.querySelectorAll("details[open]")) {
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
    }
    // Where only the time of the read has changed, what a person has selected stays selected.
    const times = [...fresh.querySelectorAll(".read")].map((time) => time.textContent);
    old.querySelectorAll(".read").forEach((time, index) => (time.textContent = times[index] ?? time.textContent));
    if (fresh.innerHTML !== old.innerHTML) old.replaceWith(document.adoptNode(fresh));
  }

  async function refresh() {
    const news = document.getElementById("news");
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
      if (fresh) show(fresh);
      news.textContent = fresh ? "" : answer.status === 401 ? "Your login has ended: reload Airflow." : `Not refreshed (${answer.status}).`;
    } catch {
      news.textContent = "Airflow does not answer; the page tries again.";
    }
  }

  if (framed) {
    followTheme();
    document.addEventListener("click", openOutside);
  }
  setInterval(() => {
    if (!document.hidden) refresh();
  }, Number(document.body.dataset.refreshSeconds) * 1000);
})();
