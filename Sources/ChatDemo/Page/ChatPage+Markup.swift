extension ChatPage {
    static func markup(style: String, script: String) -> String {
        head + "<style>" + style + "</style>\n</head>\n" + login + application
            + "<script>" + script + "</script>\n</body>\n</html>\n"
    }

    private static let head = #"""
        <!doctype html>
        <html lang="en">
        <!--
        Handles for browser tests. They stay as they are.
          Log in        #login-form #username #password #login-button #login-error
                        [data-testid="user-alice"|"user-bob"|"user-mallory"]: one click logs that user in
          Session       #current-user  #logout-button
          Rooms         [data-testid="room"][data-room-id="1"|"2"|"3"], aria-current="true" on the chosen one; #rooms-retry
          Chat          #chat[data-room-id]  #room-title  #message-input  #send-button
                        #message-list > [data-testid="message"][data-user] with [data-testid="message-text"]
                        #message-list > [data-testid="presence"]: "bob joined", "bob left"
                        #empty-state[data-kind="none"|"quiet"|"refused"]
          Online        #online-count  #online-list > [data-testid="online-user"][data-user]
          Connection    #connection-state[data-state="idle"|"connecting"|"open"|"refreshing"|"expired"|"waiting"|"refused"|
                        "stopped"][data-close-code]
          Banner        #notice[data-kind="expired"|"waiting"|"stopped"]  #notice-action
          Token         #expiry-countdown[data-seconds]  #auto-refresh  #refresh-button  #claims  [data-claim="user_id"]…
          Identity      #identity-panel [data-header="X-User-Id"]…  #forge-button
                        #forge-result[data-verdict="protected"|"forged"|"failed"]
          Event log     #event-log > [data-testid="event"][data-kind="ok"|"bad"|"info"][data-code]  #clear-log
          Narrow pages  [data-testid="view-rooms"|"view-chat"|"view-gateway"]; body[data-view]
        -->
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Tollgate demo chat</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath
         d='M2 28h10v2H2zM4 13a3 3 0 0 1 6 0v15H4z' fill='%230b6e5f'/%3E%3Crect x='3' y='10' width='28' height='9' rx='4'
         fill='%23d5463c'/%3E%3Cpath d='M13 12h4v5h-4zM21 12h4v5h-4z' fill='%23fff'/%3E%3C/svg%3E">

        """#

    private static let barrier = #"""
        <svg class="barrier" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
          <path class="post" d="M2 28h10v2H2zM4 13a3 3 0 0 1 6 0v15H4z"/>
          <g class="arm">
            <rect class="red" x="3.5" y="11" width="28" height="7" rx="3.5"/>
            <path class="white" d="M13 12.6h3.5l-1.6 3.8h-3.5zM20 12.6h3.5l-1.6 3.8h-3.5zM27 12.6h2.2l-1.3 3.8h-2.5z"/>
            <circle class="pivot" cx="7" cy="14.5" r="1.7"/>
          </g>
        </svg>
        """#

    private static let login = #"""
        <body data-stage="login" data-view="rooms">
        <main id="login" class="login">
          <section class="card" aria-labelledby="login-title">
            <p class="brand">\#(barrier)<span>Tollgate</span></p>
            <h1 id="login-title">Who is talking?</h1>
            <p class="lead">A small chat with a gateway in front. The chat itself never looks at a token: it believes what
              the gateway tells it.</p>
            <div class="people" role="group" aria-label="Log in with one click">
              <button type="button" class="person" data-testid="user-alice" data-user="alice">
                <span class="avatar" data-name="alice" aria-hidden="true">a</span>
                <span><strong>alice</strong><small>belongs to every room</small></span>
              </button>
              <button type="button" class="person" data-testid="user-bob" data-user="bob">
                <span class="avatar" data-name="bob" aria-hidden="true">b</span>
                <span><strong>bob</strong><small>belongs to two rooms</small></span>
              </button>
              <button type="button" class="person" data-testid="user-mallory" data-user="mallory">
                <span class="avatar" data-name="mallory" aria-hidden="true">m</span>
                <span><strong>mallory</strong><small>belongs to none, tries anyway</small></span>
              </button>
            </div>
            <form id="login-form" novalidate>
              <p class="or"><span>or by hand</span></p>
              <div class="fields">
                <label>Name <input id="username" name="username" value="alice" autocomplete="off" autocapitalize="none"
                  spellcheck="false" aria-describedby="login-error"></label>
                <label>Password <input id="password" name="password" type="password" value="alice-demo"
                  autocomplete="off" aria-describedby="login-hint login-error"></label>
                <button id="login-button" class="primary">Log in</button>
              </div>
              <p id="login-hint" class="hint">Passwords: <code>alice-demo</code>, <code>bob-demo</code>,
                <code>mallory-demo</code></p>
              <p id="login-error" class="problem" role="alert"></p>
            </form>
          </section>
        </main>

        """#

    private static let application = #"""
        <div id="app" class="app" hidden>
          <header class="bar">
            <p class="brand">\#(barrier)<span>Tollgate</span></p>
            <p id="connection-state" class="pill" role="status" data-state="idle"><i aria-hidden="true"></i><span>Not
              connected</span></p>
            <p class="me"><span class="avatar" id="my-avatar" aria-hidden="true"></span><span id="current-user"></span></p>
            <button type="button" id="logout-button" class="quiet">Log out</button>
          </header>

          <div class="columns">
            <aside class="side" data-pane="rooms">
              <section aria-labelledby="rooms-title">
                <h2 id="rooms-title">Rooms</h2>
                <ul id="room-list" class="rooms"></ul>
                <div id="rooms-problem" class="trouble" role="alert" hidden>
                  <p></p><button type="button" id="rooms-retry" class="quiet">Try again</button>
                </div>
              </section>
              <section aria-labelledby="online-title">
                <h2 id="online-title">Online <span id="online-count" class="count">0</span></h2>
                <ul id="online-list" class="online" aria-live="polite"></ul>
                <p id="online-empty" class="hint">Pick a room to see who is in it.</p>
              </section>
              <p class="tip">Nobody to talk to? <a href="/" target="_blank" rel="noopener">Open another tab</a> and log in
                as somebody else.</p>
            </aside>

            <main class="chat" id="chat" data-pane="chat" aria-labelledby="room-title">
              <header class="room-head">
                <h1 id="room-title">No room yet</h1>
                <p id="room-topic">Pick one to begin.</p>
              </header>
              <div class="stream">
                <div id="notice" class="notice" role="alert" hidden>
                  <p><strong></strong> <span></span></p>
                  <button type="button" id="notice-action" class="primary"></button>
                </div>
                <div id="scroller" class="scroller" role="log" aria-live="polite" aria-label="Messages" tabindex="0">
                  <ol id="message-list"></ol>
                </div>
                <div id="empty-state" class="empty" data-kind="none" role="status">\#(barrier)<h2></h2><p></p></div>
                <button type="button" id="jump-button" class="jump" hidden>New messages</button>
              </div>
              <form id="composer" class="composer">
                <label class="unseen" for="message-input">Message</label>
                <textarea id="message-input" rows="1" maxlength="2000" placeholder="Pick a room first" disabled
                  aria-describedby="composer-hint"></textarea>
                <button id="send-button" class="primary" disabled>Send</button>
                <p id="composer-hint" class="hint">Enter sends, Shift and Enter begin a new line.</p>
              </form>
            </main>

            <aside class="inspector" data-pane="gateway" aria-label="What the gateway does">
              <section class="panel" aria-labelledby="token-title">
                <h2 id="token-title">Access token</h2>
                <div class="countdown">
                  <p><span id="expiry-countdown" role="timer" aria-label="Time until the token expires">–</span>
                    <span id="expiry-text" class="hint">until the socket is closed</span></p>
                  <div class="meter" aria-hidden="true"><i id="expiry-bar"></i></div>
                </div>
                <div class="row">
                  <label class="switch"><input type="checkbox" role="switch" id="auto-refresh" checked>
                    <span>Refresh automatically</span></label>
                  <button type="button" id="refresh-button" class="quiet">Refresh now</button>
                </div>
                <details id="claims-part"><summary>Claims</summary><dl id="claims" class="facts"></dl></details>
              </section>
              <section class="panel" id="identity-panel" aria-labelledby="identity-title">
                <h2 id="identity-title">What reached the backend</h2>
                <dl id="identity" class="facts"></dl>
                <details id="forwarded-part"><summary>Forwarded headers</summary>
                  <dl id="forwarded" class="facts"></dl></details>
                <div class="row">
                  <button type="button" id="forge-button" class="quiet">Try to forge X-User-Id</button>
                </div>
                <div id="forge-result" class="verdict" role="status"></div>
              </section>
              <section class="panel log" aria-labelledby="log-title">
                <div class="row"><h2 id="log-title">Event log</h2>
                  <button type="button" id="clear-log" class="link">Clear</button></div>
                <ol id="event-log" tabindex="0" aria-label="Events, newest first"></ol>
              </section>
            </aside>
          </div>

          <nav class="views" aria-label="Parts of the page">
            <button type="button" data-testid="view-rooms" data-to="rooms">Rooms</button>
            <button type="button" data-testid="view-chat" data-to="chat">Chat<i class="dot" hidden></i></button>
            <button type="button" data-testid="view-gateway" data-to="gateway">Gateway</button>
          </nav>
        </div>

        """#
}
