extension ChatPage {
    /// The socket of the chosen room: opening, closing, and what follows from the close code.
    static let socket = #"""

        let room = null;      // the chosen one
        let socket = null;    // its socket, if any
        let retryTimer = 0;
        let failures = 0;     // in a row, for the growing pause
        let refusals = 0;     // 4001 in a row although the token had time left
        let sendWhenOpen = false;

        function enter(chosen) {
          leaveRoom();
          room = chosen;
          store.setItem('room', String(room.id));
          failures = refusals = 0;
          showRoom();
          connect();
          // Not where a keyboard would pop up over the messages.
          if (matchMedia('(pointer: fine)').matches) $('message-input').focus();
        }

        function leaveRoom() {
          stopWaiting();
          const old = socket;
          socket = null;
          if (old) {
            old.close(1000, 'left the room');
            logEvent('info', 'You closed the socket: 1000.', 1000);
          }
          room = null;
        }

        function connect() {
          stopWaiting();
          if (!room || !session) return;
          if (secondsLeft() === 0) return tokenIsOver();
          showState('connecting', 'Connecting');
          const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
          const address = `${scheme}://${location.host}/ws/chat/${room.id}/?token=${encodeURIComponent(session.access)}`;
          const attempt = new WebSocket(address);
          let wasOpen = false;
          socket = attempt;
          attempt.onopen = () => { wasOpen = attempt === socket; };
          attempt.onmessage = (event) => { if (attempt === socket) received(event.data); };
          attempt.onclose = (event) => {
            if (attempt !== socket) return;
            socket = null;
            closed(event, wasOpen);
          };
        }

        // The room speaks first. Only then is the socket more than a refusal that was accepted to be seen.
        function settled() {
          failures = refusals = 0;
          logEvent('ok', `Socket to “${room.name}” is open. It lives as long as its token: ${secondsLeft()} s.`);
          showState('open', 'Connected');
          showIdentity();
          if (sendWhenOpen) send();
        }

        function closed(event, wasOpen) {
          const { code } = event;
          const said = event.reason ? `${code} “${event.reason}”` : String(code);
          const meaning = closeMeanings[code] ?? '';
          logEvent(code === 4001 || code === 4003 || code === 1006 ? 'bad' : 'info', `Socket closed: ${said}. ${meaning}`, code);
          showOnline([]);
          switch (code) {
            case 4001:
              // With time left it is the token that is unwelcome, and a new one may be as unwelcome.
              refusals = secondsLeft() > 0 ? refusals + 1 : 0;
              return tokenIsOver();
            case 4003: return showRefusal(event.reason);
            case 1002: case 1003: case 1007: case 1008: case 1009:
              return stop('The socket was closed.', `${said}. ${meaning}`, code);
            case 1006: if (!wasOpen) return diagnose();
          }
          retryLater(meaning, code);
        }

        // Before the handshake is done a browser hides the status, so ask by other means why it failed.
        async function diagnose() {
          showState('connecting', 'Connecting');
          const asked = room;
          try {
            await withToken('/api/whoami/');
            if (asked === room && !socket) retryLater('The handshake was refused.', 1006);
          } catch (trouble) {
            if (asked !== room || socket) return;
            if (trouble.kind === 'expired') return tokenIsOver();
            if (trouble.kind === 'over') return logOut(trouble.message);
            logEvent('bad', trouble.message);
            retryLater(trouble.message, 1006);
          }
        }

        async function tokenIsOver() {
          if (!$('auto-refresh').checked) return askForRefresh();
          if (refusals > 2) {
            return stop('The gateway keeps refusing new tokens.', 'Do both sides have the same signing key?', 4001);
          }
          await refreshAndReconnect();
        }

        function askForRefresh() {
          showState('expired', 'Token expired', 4001);
          showNotice('expired', 'The gateway closed the socket.', 'Your access token has run out (4001).',
            'Refresh and reconnect', refreshAndReconnect);
        }

        async function refreshAndReconnect() {
          showState('refreshing', 'Refreshing token', 4001);
          const asked = room;
          try {
            if (await refresh() && asked === room) reconnect();
          } catch (trouble) {
            if (trouble.kind === 'over') return logOut(trouble.message);
            logEvent('bad', trouble.message);
            if (asked === room) retryLater(trouble.message);
          }
        }

        // A new token means a new socket: the old one stays bound to the token that opened it.
        function reconnect() {
          const old = socket;
          socket = null;
          if (old) {
            old.close(1000, 'changing tokens');
            logEvent('info', 'You closed the socket to open one with the new token: 1000.', 1000);
          }
          if (room) connect();
          else showState('idle', 'Not connected');
        }

        function retryLater(reason, code) {
          if (!navigator.onLine) {
            showState('waiting', 'Offline', code);
            return showNotice('waiting', 'You are offline.', 'The page reconnects when the network is back.',
              'Try now', connect);
          }
          clearInterval(retryTimer);
          const pause = Math.min(30, 2 ** failures) * (0.85 + 0.3 * Math.random());
          failures += 1;
          const due = now() + pause;
          const tick = () => {
            const left = Math.ceil(due - now());
            if (left <= 0) return connect();
            showState('waiting', `Reconnecting in ${left} s`, code);
            $('notice').querySelector('span').textContent = `${reason} Next try in ${left} s.`;
          };
          showNotice('waiting', 'Connection lost.', reason, 'Try now', connect);
          tick();
          retryTimer = setInterval(tick, 250);
        }

        function stop(title, text, code) {
          showState('stopped', 'Disconnected', code);
          showNotice('stopped', title, text, 'Connect again', () => { refusals = 0; connect(); });
        }

        function stopWaiting() {
          clearInterval(retryTimer);
          hideNotice();
        }

        function received(data) {
          let event;
          try { event = JSON.parse(data); } catch { return logEvent('bad', 'Received a message that is not JSON.'); }
          switch (event.type) {
            case 'history':
              showHistory(event.messages);
              return settled();
            case 'chat_message': return showMessage(event, true);
            case 'user_status': return showStatus(event);
            case 'error':
              logEvent('bad', `The chat refused your message: ${event.message}`);
              return hint(event.message);
          }
        }

        function send() {
          const field = $('message-input');
          const message = field.value;
          if (!message.trim()) return;
          if (!socket || document.body.dataset.socket !== 'open') {
            sendWhenOpen = ['connecting', 'refreshing'].includes(document.body.dataset.socket);
            return hint(sendWhenOpen ? 'It goes out as soon as the socket is open.'
              : 'Not connected. Your text waits here until the socket is back.');
          }
          sendWhenOpen = false;
          socket.send(JSON.stringify({ type: 'message', message }));
          field.value = '';
          hint('');
        }

        """#
}
