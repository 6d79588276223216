extension ChatPage {
    /// Log in, tokens, and every request that carries one.
    static let session = #"""

        // One session per tab, so that two tabs can be two people. skew: the issuer's clock minus ours.
        let session = null;
        let refreshing = null;

        class Trouble extends Error {
          constructor(kind, message) { super(message); this.kind = kind; }
        }

        function claimsOf(token) {
          const part = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
          const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
          return JSON.parse(new TextDecoder().decode(bytes));
        }

        function adopt(tokens) {
          const claims = claimsOf(tokens.access);
          const skew = claims.iat - now();
          session = { ...tokens, claims, skew: Math.abs(skew) > 5 ? skew : 0 };
          store.setItem('tokens', JSON.stringify(tokens));
          showToken();
        }

        const secondsLeft = () => session ? Math.max(0, Math.ceil(session.claims.exp - now() - session.skew)) : 0;

        async function answer(path, options = {}) {
          let response;
          try {
            response = await fetch(path, { cache: 'no-store', credentials: 'omit', ...options });
          } catch {
            throw new Trouble('network', 'The gateway does not answer. Is it running?');
          }
          if (response.status >= 502 && response.status <= 504) {
            throw new Trouble('backend', `The gateway answers ${response.status}: it cannot reach the chat backend.`);
          }
          let body = null;
          try { body = await response.json(); } catch { /* not JSON: the status says enough */ }
          return { response, body };
        }

        const post = (path, fields) => answer(path, {
          method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(fields),
        });

        async function logIn(username, password) {
          const { response, body } = await post('/api/token/', { username, password });
          if (response.status === 401) throw new Trouble('credentials', 'No such name and password.');
          if (response.status === 400) throw new Trouble('credentials', 'Name and password are both needed.');
          if (!response.ok || !body?.access) throw new Trouble('answer', `Logging in failed with ${response.status}.`);
          adopt(body);
          logEvent('ok', `Logged in as ${session.claims.username}. The access token lasts ${secondsLeft()} s.`);
        }

        // One refresh at a time, whoever asks. True, or a Trouble is thrown; 'over' means that only logging in helps.
        function refresh() {
          refreshing ??= (async () => {
            const { response, body } = await post('/api/token/refresh/', { refresh: session.refresh });
            if (response.status === 401) throw new Trouble('over', 'Your session is over. Log in again.');
            if (!response.ok || !body?.access) {
              throw new Trouble('answer', `The refresh request was answered with ${response.status}.`);
            }
            if (!session) return false;
            adopt({ refresh: session.refresh, ...body });
            logEvent('ok', `New access token from /api/token/refresh/, good for ${secondsLeft()} s.`);
            return true;
          })().finally(() => { refreshing = null; });
          return refreshing;
        }

        // A request with the token; an expired one is renewed first if the person wants that.
        async function withToken(path, headers = {}) {
          const ask = () => answer(path, { headers: { ...headers, Authorization: `Bearer ${session.access}` } });
          let { response, body } = await ask();
          if (response.status === 401 && body?.code === 'token_not_valid' && $('auto-refresh').checked) {
            if (await refresh()) ({ response, body } = await ask());
          }
          if (response.ok) return body;
          if (response.status === 401 && body?.code === 'token_not_valid') {
            throw new Trouble('expired', 'The gateway answered 401: your token has expired.');
          }
          if (response.status === 401) {
            throw new Trouble('anonymous', 'The backend was told of no user. Is the gateway in front of it?');
          }
          throw new Trouble('answer', `${path} was answered with ${response.status}.`);
        }

        function logOut(reason) {
          leaveRoom();
          session = null;
          store.clear();
          $('event-log').replaceChildren();
          showLogin(reason);
        }

        """#
}
