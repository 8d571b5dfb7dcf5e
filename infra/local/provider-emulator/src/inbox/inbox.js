// Fetches the same page every two seconds and swaps the parts that changed, so that the scroll
// position, the open e-mail and a half-typed answer stay. Converts times to the reader's time zone.
// Without this script everything but "answer" works.
const PARTS = ['tabs', 'notices', 'list', 'outcome', 'timeline'];
const EVERY = 2000;

function localTimes(root) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll('time')) {
    const at = new Date(element.dateTime);
    const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
    element.textContent = at.toDateString() === today ? time : `${at.toLocaleDateString([], { day: 'numeric', month: 'short' })} ${time}`;
    element.title = at.toLocaleString();
  }
}

function swap(fresh) {
  localTimes(fresh);
  for (const id of PARTS) {
    const [before, after] = [document.getElementById(id), fresh.getElementById(id)];
    if (!before || !after || before.innerHTML === after.innerHTML) continue;
    const focused = before.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    const top = before.scrollTop;
    before.replaceWith(after);
    after.scrollTop = top;
    if (focused) after.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

async function refresh() {
  // Without a chosen message the newest one is shown, so the detail has to follow the list.
  const page = new URL(location);
  const shown = document.querySelector('#list [aria-current]')?.getAttribute('href');
  try {
    const fresh = new DOMParser().parseFromString(await (await fetch(page)).text(), 'text/html');
    if (!page.searchParams.get('message') && fresh.querySelector('#list [aria-current]')?.getAttribute('href') !== shown) {
      const [before, after] = [document.getElementById('detail'), fresh.getElementById('detail')];
      localTimes(after);
      before.replaceWith(document.adoptNode(after));
    }
    swap(fresh);
    document.body.classList.remove('away');
  } catch {
    document.body.classList.add('away');
  }
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (form.id !== 'reply') return;
  event.preventDefault();
  const body = JSON.stringify({ from: form.dataset.from, body: form.elements.body.value });
  const answer = await fetch('/_emulator/replies', { method: 'POST', body });
  form.querySelector('output').textContent = answer.ok ? 'Sent to the inbound topic' : (await answer.json()).error;
});

localTimes(document);
setInterval(() => document.hidden || refresh(), EVERY);
