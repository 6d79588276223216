extension ChatPage {
    /// One script in four parts that share a scope. User text reaches the page through `textContent` only.
    static let script = "(() => {\n'use strict';\n" + ground + session + socket + view + "})();\n"

    /// Elements, time, the words for close codes.
    private static let ground = #"""

        const $ = (id) => document.getElementById(id);
        const now = () => Date.now() / 1000;
        const store = sessionStorage;

        function make(tag, attributes = {}, ...children) {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes)) {
            if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
          }
          element.append(...children);
          return element;
        }

        function icon(paths) {
          const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
          svg.setAttribute('viewBox', '0 0 24 24');
          svg.setAttribute('aria-hidden', 'true');
          for (const d of paths) {
            const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
            path.setAttribute('d', d);
            svg.append(path);
          }
          return svg;
        }

        const avatar = (name) => make('span', { class: 'avatar', 'data-name': name, 'aria-hidden': 'true' }, name.slice(0, 1));
        const clockText = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
        const countdownText = (seconds) => Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0');

        const closeMeanings = {
          1000: 'A normal goodbye.',
          1001: 'The other side is going away.',
          1002: 'Somebody broke the WebSocket protocol.',
          1006: 'The connection ended without a close frame.',
          1008: 'Against the rules of this endpoint.',
          1009: 'The message was too big.',
          1011: 'The backend vanished without a word.',
          1012: 'The service is restarting.',
          1013: 'Too busy, try again later.',
          1014: 'The backend cannot be reached.',
          4001: 'A new token is needed.',
          4003: 'A new token would not help: this user may not enter.',
        };

        function logEvent(kind, text, code) {
          const time = new Date();
          const stamp = make('time', { datetime: time.toISOString() }, time.toLocaleTimeString([], { hour12: false }));
          const entry = make('li', { 'data-testid': 'event', 'data-kind': kind, 'data-code': code }, stamp, make('i'),
            make('p', {}, text));
          const list = $('event-log');
          list.prepend(entry);
          while (list.childElementCount > 200) list.lastElementChild.remove();
        }

        """#
}
