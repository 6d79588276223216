extension ChatPage {
    /// What the page shows, and which element does what.
    static let view = #"""

        const known = new Set();   // ids of the messages on the page
        const standingHint = $('composer-hint').textContent;

        function showLogin(reason = '') {
          document.body.dataset.stage = 'login';
          $('app').hidden = true;
          $('login').hidden = false;
          $('login-error').textContent = reason;
          document.querySelector('.person').focus();
        }

        async function showApp() {
          document.body.dataset.stage = 'chat';
          $('login').hidden = true;
          $('app').hidden = false;
          $('current-user').textContent = session.claims.username;
          $('my-avatar').textContent = session.claims.username.slice(0, 1);
          $('my-avatar').dataset.name = session.claims.username;
          room = null;
          showRoom();
          showState('idle', 'Not connected');
          showOnline([]);
          $('forge-result').replaceChildren();
          delete $('forge-result').dataset.verdict;
          showIdentity();
          await showRooms();
        }

        async function showRooms() {
          $('rooms-problem').hidden = true;
          const ghosts = [0, 1, 2].map(() => make('li', { class: 'ghost', 'aria-hidden': 'true' }));
          $('room-list').replaceChildren(...ghosts);
          let rooms;
          try {
            rooms = await withToken('/api/rooms/');
          } catch (trouble) {
            if (!session) return;
            if (trouble.kind === 'over') return logOut(trouble.message);
            $('room-list').replaceChildren();
            $('rooms-problem').querySelector('p').textContent = trouble.message;
            $('rooms-problem').hidden = false;
            if (trouble.kind === 'expired') askForRoomsRefresh();
            return logEvent('bad', trouble.message);
          }
          $('room-list').replaceChildren(...rooms.map((one) => {
            const lock = icon(['M6 11h12v9H6z', 'M8.5 11V8a3.5 3.5 0 0 1 7 0v3']);
            const button = make('button', { type: 'button', 'data-testid': 'room', 'data-room-id': one.id },
              make('i', { 'aria-hidden': 'true' }, one.is_member ? '#' : lock), make('span', {}, one.name),
              make('small', {}, one.is_member ? one.topic : 'you are not a member'));
            button.onclick = () => { enter(one); showView('chat'); };
            return make('li', {}, button);
          }));
          const last = rooms.find((one) => String(one.id) === store.getItem('room'));
          const first = last ?? rooms.find((one) => one.is_member);
          if (first) {
            enter(first);
            showView('chat');
          } else {
            showEmpty('none', 'No room is yours', 'You belong to none of them. Try one and see what the gateway says.');
            showView('rooms');
          }
        }

        function askForRoomsRefresh() {
          showState('expired', 'Token expired', 4001);
          showNotice('expired', 'Your access token has run out.', 'The gateway refused it with 401.',
            'Refresh and reconnect', async () => {
              try {
                if (await refresh()) { hideNotice(); showRooms(); }
              } catch (trouble) {
                if (trouble.kind === 'over') return logOut(trouble.message);
                logEvent('bad', trouble.message);
              }
            });
        }

        function showRoom() {
          known.clear();
          sendWhenOpen = false;
          $('message-list').replaceChildren();
          $('chat').dataset.roomId = room ? room.id : '';
          $('room-title').textContent = room ? room.name : 'No room yet';
          $('room-topic').textContent = room ? room.topic : 'Pick one to begin.';
          $('message-input').disabled = !room;
          $('message-input').placeholder = room ? `Say something in ${room.name}` : 'Pick a room first';
          hint('');
          if (room) hideEmpty();
          else showEmpty('none', 'No room yet', 'Pick one to see what was said there.');
          for (const button of document.querySelectorAll('[data-testid=room]')) {
            if (room && button.dataset.roomId === String(room.id)) button.setAttribute('aria-current', 'true');
            else button.removeAttribute('aria-current');
          }
        }

        function showRefusal(reason) {
          showState('refused', 'Refused: 4003', 4003);
          showEmpty('refused', 'This room is closed to you',
            `The gateway closed the socket with 4003${reason ? `, “${reason}”` : ''}. A member could come in.`);
          $('message-input').disabled = true;
          $('message-input').placeholder = 'Pick another room';
        }

        function showState(state, text, code) {
          document.body.dataset.socket = state;
          const pill = $('connection-state');
          pill.dataset.state = state;
          if (code) pill.dataset.closeCode = code;
          else if (state === 'open' || state === 'idle') delete pill.dataset.closeCode;
          const label = pill.querySelector('span');
          if (label.textContent !== text) label.textContent = text;
          // The pause counts down in sight; a screen reader need not hear every second of it.
          pill.setAttribute('aria-live', state === 'waiting' ? 'off' : 'polite');
          $('send-button').disabled = state !== 'open';
        }

        function showNotice(kind, title, text, action, run) {
          const notice = $('notice');
          notice.dataset.kind = kind;
          notice.querySelector('strong').textContent = title;
          notice.querySelector('span').textContent = text;
          $('notice-action').textContent = action;
          $('notice-action').onclick = () => { hideNotice(); run(); };
          notice.setAttribute('aria-live', kind === 'waiting' ? 'off' : 'assertive');
          notice.hidden = false;
        }

        function hideNotice() {
          const hadFocus = $('notice').contains(document.activeElement);
          $('notice').hidden = true;
          delete $('notice').dataset.kind;
          if (hadFocus) $('message-input').focus();
        }

        function showEmpty(kind, title, text) {
          const empty = $('empty-state');
          empty.dataset.kind = kind;
          empty.querySelector('h2').textContent = title;
          empty.querySelector('p').textContent = text;
          empty.hidden = false;
        }

        function hideEmpty() {
          $('empty-state').hidden = true;
        }

        function hint(text) {
          $('composer-hint').textContent = text || standingHint;
          $('composer-hint').classList.toggle('urgent', Boolean(text));
        }

        const atBottom = () => {
          const box = $('scroller');
          return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
        };

        function toBottom() {
          $('scroller').scrollTop = $('scroller').scrollHeight;
          $('jump-button').hidden = true;
        }

        // After a reconnect the history holds what is on the page already, and perhaps more.
        function showHistory(messages) {
          $('scroller').setAttribute('aria-live', 'off');
          for (const message of messages) showMessage(message, false);
          if ($('message-list').childElementCount) hideEmpty();
          else showEmpty('quiet', 'All quiet here', 'Say the first word, or watch the token run out.');
          toBottom();
          setTimeout(() => $('scroller').setAttribute('aria-live', 'polite'), 300);
        }

        function showMessage(message, isNew) {
          if (known.has(message.id)) return;
          known.add(message.id);
          hideEmpty();
          const stay = !isNew || atBottom() || message.user_id === session.claims.user_id;
          const time = new Date(message.time);
          const last = $('message-list').lastElementChild;
          const isMore = last?.dataset.user === message.user_id && time - new Date(last.dataset.time) < 120000;
          const isMine = message.user_id === session.claims.user_id;
          const classes = `message${isMine ? ' mine' : ''}${isMore ? ' more' : ''}`;
          append(make('li', { class: classes, 'data-testid': 'message', 'data-user': message.user_id,
            'data-time': message.time }, avatar(message.username),
          make('p', { class: 'who' }, make('b', {}, isMine ? 'You' : message.username),
            make('time', { datetime: message.time }, clockText(time))),
          make('p', { class: 'text', 'data-testid': 'message-text' }, message.message)), stay);
        }

        function append(item, stay) {
          const list = $('message-list');
          list.append(item);
          while (list.childElementCount > 400) list.firstElementChild.remove();
          if (stay) toBottom();
          else $('jump-button').hidden = false;
          if (document.body.dataset.view !== 'chat') document.querySelector('.views .dot').hidden = false;
        }

        function showStatus(event) {
          showOnline(event.online);
          if (event.user_id === session.claims.user_id) return;
          const text = `${event.username} ${event.is_online ? 'joined' : 'left'}`;
          if ($('empty-state').hidden) {
            append(make('li', { class: 'presence', 'data-testid': 'presence' }, text), atBottom());
          }
          logEvent('info', `${text}. ${event.online_count} online.`);
        }

        function showOnline(names) {
          $('online-count').textContent = names.length;
          $('online-empty').hidden = names.length > 0;
          $('online-empty').textContent = room ? 'Nobody, as far as we can see.' : 'Pick a room to see who is in it.';
          $('online-list').replaceChildren(...names.map((name) => make('li', { 'data-testid': 'online-user', 'data-user': name },
            avatar(name), make('span', {}, name), name === session?.claims.username ? make('em', {}, 'you') : '')));
        }

        function facts(list, rows) {
          list.replaceChildren(...rows.flatMap(([name, value, attributes]) => [
            make('dt', {}, name), make('dd', attributes, value)]));
        }

        function showToken() {
          const { claims } = session;
          const day = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
          const words = { exp: `${claims.exp}  (${day(claims.exp)})`, iat: `${claims.iat}  (${day(claims.iat)})` };
          facts($('claims'), Object.entries(claims).map(([name, value]) =>
            [name, words[name] ?? String(value), { 'data-claim': name, class: name === 'user_id' ? 'key' : undefined }]));
          tick();
        }

        function tick() {
          if (!session) return;
          const left = secondsLeft();
          const shown = left > 0 ? countdownText(left) : 'Expired';
          const field = $('expiry-countdown');
          if (field.textContent !== shown) field.textContent = shown;
          field.dataset.seconds = left;
          const { claims, skew } = session;
          const share = Math.max(0, claims.exp - now() - skew) / Math.max(1, claims.exp - claims.iat);
          $('expiry-bar').style.transform = `scaleX(${Math.min(1, share)})`;
          $('expiry-text').hidden = left === 0;
          const panel = field.closest('.panel');
          panel.classList.toggle('low', left > 0 && left <= 15);
          panel.classList.toggle('over', left === 0);
        }

        function identityRows(who) {
          const rows = who.identity.map((one) => [one.name, one.value, { 'data-header': one.name, class: 'key' }]);
          if (!rows.length) rows.push(['X-User-Id', 'did not arrive', { 'data-header': 'X-User-Id', class: 'plain' }]);
          return rows;
        }

        async function showIdentity() {
          let who;
          try {
            who = await withToken('/api/whoami/');
          } catch (trouble) {
            if (!session) return;
            return facts($('identity'), [['Nothing', trouble.message, { class: 'plain' }]]);
          }
          const carried = who.authorization.present ? `${who.authorization.scheme} …` : 'did not arrive';
          facts($('identity'), [...identityRows(who), ['Authorization', carried, { 'data-header': 'Authorization' }]]);
          facts($('forwarded'), who.forwarded.map((one) => [one.name, one.value, { 'data-header': one.name }]));
          $('forwarded-part').hidden = !who.forwarded.length;
        }

        const lines = (headers) => headers.map(([name, value]) => `${name}: ${value}`).join('\n');

        async function forge() {
          const result = $('forge-result');
          const forged = session.claims.user_id === '2' ? '1' : '2';
          const headers = { 'X-User-Id': forged, X_User_Id: forged };
          let verdict;
          let text;
          const rows = [['Sent', lines(Object.entries(headers))]];
          try {
            const who = await withToken('/api/whoami/', headers);
            const isFooled = who.identity.some((one) => one.value === forged);
            verdict = isFooled ? 'forged' : 'protected';
            const arrived = identityRows(who).filter(([name]) => name.replace(/_/g, '-').toLowerCase() === 'x-user-id');
            rows.push(['Arrived', lines(arrived), { class: 'key' }]);
            text = isFooled ? 'The forged header got through: no gateway in front.'
              : 'Forged headers removed, verified one written.';
          } catch (trouble) {
            if (!session) return;
            verdict = 'failed';
            text = trouble.message;
            if (trouble.kind === 'over') return logOut(trouble.message);
          }
          result.dataset.verdict = verdict;
          const list = make('dl', { class: 'facts' });
          facts(list, rows);
          result.replaceChildren(list, make('strong', {}, text));
          logEvent(verdict === 'protected' ? 'ok' : 'bad', `Forging X-User-Id: ${forged}. ${text}`);
        }

        function showView(name) {
          document.body.dataset.view = name;
          for (const button of document.querySelectorAll('.views button')) {
            if (button.dataset.to === name) button.setAttribute('aria-current', 'true');
            else button.removeAttribute('aria-current');
          }
          if (name !== 'chat') return;
          document.querySelector('.views .dot').hidden = true;
          toBottom();
        }

        async function attempt(username, password) {
          $('login-error').textContent = '';
          const controls = document.querySelectorAll('.card button');
          controls.forEach((button) => { button.disabled = true; });
          try {
            await logIn(username, password);
            showApp();
          } catch (trouble) {
            $('login-error').textContent = trouble.message;
          }
          controls.forEach((button) => { button.disabled = false; });
        }

        for (const button of document.querySelectorAll('.person')) {
          button.onclick = () => {
            $('username').value = button.dataset.user;
            $('password').value = `${button.dataset.user}-demo`;
            attempt(button.dataset.user, `${button.dataset.user}-demo`);
          };
        }
        for (const button of document.querySelectorAll('.views button')) button.onclick = () => showView(button.dataset.to);
        $('login-form').onsubmit = (event) => {
          event.preventDefault();
          attempt($('username').value, $('password').value);
        };
        $('composer').onsubmit = (event) => { event.preventDefault(); send(); };
        $('message-input').onkeydown = (event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        };
        $('logout-button').onclick = () => logOut();
        $('rooms-retry').onclick = () => showRooms();
        $('refresh-button').onclick = () => { refusals = 0; stopWaiting(); refreshAndReconnect(); };
        $('forge-button').onclick = () => forge();
        $('clear-log').onclick = () => $('event-log').replaceChildren();
        $('jump-button').onclick = toBottom;
        $('scroller').onscroll = () => { if (atBottom()) $('jump-button').hidden = true; };
        $('auto-refresh').onchange = (event) => {
          store.setItem('auto', event.target.checked ? 'on' : 'off');
          logEvent('info', event.target.checked ? 'Tokens are refreshed automatically.'
            : 'Tokens are not refreshed: watch the socket close when the time is up.');
          if (event.target.checked && document.body.dataset.socket === 'expired') $('notice-action').click();
        };
        addEventListener('online', () => { if (document.body.dataset.socket === 'waiting') connect(); });
        addEventListener('offline', () => logEvent('bad', 'This computer is offline.'));
        setInterval(tick, 250);
        $('claims-part').open = innerHeight > 900 || innerWidth < 768;

        $('auto-refresh').checked = store.getItem('auto') !== 'off';
        try {
          adopt(JSON.parse(store.getItem('tokens')));
          showApp();
        } catch {
          session = null;
          store.removeItem('tokens');
        }

        """#
}
