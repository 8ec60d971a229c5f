// Put into the page before anything else: tells when what was asked for is on the screen, in milliseconds since the
// navigation began (`performance.now()`). Painted means: the frame in which it is there has been handed over.
(() => {
  const painted = () =>
    new Promise((done) => {
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(null);
      });
    });

  const until = (condition) =>
    new Promise((done, fail) => {
      setTimeout(() => fail(new Error(`not within 30 s: ${condition}`)), 30_000);
      const observer = new MutationObserver(() => look());
      const look = () => {
        if (!condition()) return;
        observer.disconnect();
        done();
      };
      observer.observe(document, { subtree: true, childList: true, attributes: true });
      look();
    });

  const list = () => document.querySelector("section[aria-label=Jobs]");
  const old = () => list()?.hasAttribute("data-dimmed") ?? false;
  const current = () => list()?.querySelector("tr[aria-rowindex]") && !old();

  // How late a timer that asks for every 10 ms is called, in milliseconds: so long nothing else could have been done.
  const EVERY_MS = 10;
  const still = {
    begin() {
      this.late = [];
      let asked = performance.now();
      this.timer = setInterval(() => {
        const now = performance.now();
        this.late.push(Math.max(0, now - asked - EVERY_MS));
        asked = now;
      }, EVERY_MS);
    },
    end() {
      clearInterval(this.timer);
      return this.late;
    },
  };

  window.probe = {
    still,
    firstRow: until(current).then(painted),
    // From the Enter that comes next to the rows that it asks for.
    arm() {
      this.change = new Promise((done) => {
        const entered = (event) => {
          if (event.key !== "Enter") return;
          removeEventListener("keydown", entered, true);
          const changed = until(old)
            .then(() => until(current))
            .then(painted);
          done(changed.then((at) => at - event.timeStamp));
        };
        addEventListener("keydown", entered, true);
      });
    },
  };
})();
