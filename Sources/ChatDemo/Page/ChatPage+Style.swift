extension ChatPage {
    static let style = ground + pieces + layout

    /// Colours, type, and the elements without a class.
    private static let ground = #"""

        :root {
          --bg: #f4f2ed; --surface: #fff; --raised: #f9f8f5; --line: #e0dcd2; --ink: #1d1f23; --muted: #5c5f67;
          --accent: #0b6e5f; --on-accent: #fff; --soft: #e1f0ec; --red: #d5463c; --white: #fff;
          --warn: #7d4c00; --warn-soft: #fdf1dc; --bad: #ad241b; --bad-soft: #fceae8;
          --shadow: 0 1px 2px rgb(40 35 20 / .06), 0 8px 24px rgb(40 35 20 / .06);
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --bg: #121417; --surface: #1a1d21; --raised: #202429; --line: #30353c; --ink: #eae8e3; --muted: #a3a7af;
            --accent: #62d0ba; --on-accent: #04211c; --soft: #173530; --red: #e2675d; --white: #f4efe8;
            --warn: #f3c06b; --warn-soft: #352a14; --bad: #ff958b; --bad-soft: #3b1d1b;
            --shadow: 0 1px 2px rgb(0 0 0 / .3), 0 8px 24px rgb(0 0 0 / .25);
          }
        }
        *, ::before, ::after { box-sizing: border-box; }
        html, body { height: 100%; }
        body { margin: 0; background: var(--bg); color: var(--ink); -webkit-text-size-adjust: 100%;
          font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        h1, h2, p, ol, ul, dl, dd { margin: 0; padding: 0; }
        ol, ul { list-style: none; }
        h1 { font-size: 1.25rem; line-height: 1.25; letter-spacing: -.012em; font-weight: 650; }
        h2 { font-size: .8125rem; line-height: 1.4; font-weight: 650; color: var(--muted); }
        code { font: .92em var(--mono); white-space: nowrap; }
        a { color: var(--accent); text-underline-offset: .18em; }
        [hidden] { display: none !important; }
        button, input, textarea { font: inherit; color: inherit; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .hint { font-size: .8125rem; color: var(--muted); }
        """#

    /// Buttons, fields, avatars, panels.
    private static let pieces = #"""

        button { cursor: pointer; border: 1px solid transparent; border-radius: 9px; padding: .45rem .85rem;
          background: none; font-weight: 500; line-height: 1.35; min-height: 38px; white-space: nowrap; }
        .primary { background: var(--accent); color: var(--on-accent); font-weight: 600; }
        .primary:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
        .quiet { border-color: var(--line); background: var(--surface); }
        .quiet:hover:not(:disabled) { background: var(--raised); border-color: var(--muted); }
        .link { min-height: 0; padding: 0 .2rem; color: var(--muted); font-size: .8125rem; font-weight: 500; }
        .link:hover { color: var(--ink); text-decoration: underline; }
        button:disabled { cursor: default; opacity: .5; }
        button.busy { opacity: .6; cursor: progress; }
        input:not([type=checkbox]), textarea { width: 100%; border: 1px solid var(--line); border-radius: 9px;
          background: var(--surface); padding: .45rem .7rem; min-height: 38px; }
        input:not([type=checkbox]):hover, textarea:hover:not(:disabled) { border-color: var(--muted); }
        .avatar { flex: none; display: grid; place-items: center; width: 2rem; height: 2rem; border-radius: 50%;
          font-weight: 650; font-size: .875rem; text-transform: uppercase; color: #fff; background: #6a6f78; }
        .avatar[data-name=alice] { background: #0b6e5f; }
        .avatar[data-name=bob] { background: #3a5fb0; }
        .avatar[data-name=mallory] { background: #a4413a; }
        .brand { display: flex; align-items: center; gap: .5rem; font-weight: 680; letter-spacing: -.01em; }
        .barrier { width: 28px; height: 28px; overflow: visible; flex: none; }
        .barrier .post { fill: var(--accent); } .barrier .red { fill: var(--red); } .barrier .white { fill: var(--white); }
        .barrier .pivot { fill: var(--white); }
        .barrier .arm { transform-origin: 7px 14.5px; transition: transform .45s cubic-bezier(.3, 1.3, .6, 1); }
        body[data-socket=open] .bar .arm { transform: rotate(-42deg); }
        .pill { display: inline-flex; align-items: center; gap: .45rem; padding: .22rem .7rem; border-radius: 99px;
          background: var(--raised); border: 1px solid var(--line); font-size: .8125rem; font-weight: 560;
          font-variant-numeric: tabular-nums; white-space: nowrap; }
        .pill i { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--muted); }
        .pill[data-state=open] { background: var(--soft); border-color: transparent; color: var(--accent); }
        .pill[data-state=open] i { background: var(--accent); }
        .pill:is([data-state=connecting], [data-state=refreshing], [data-state=waiting]) { color: var(--warn);
          background: var(--warn-soft); border-color: transparent; }
        .pill:is([data-state=connecting], [data-state=refreshing], [data-state=waiting]) i { background: var(--warn);
          animation: breathe 1.1s ease-in-out infinite alternate; }
        .pill:is([data-state=expired], [data-state=refused], [data-state=stopped]) { color: var(--bad);
          background: var(--bad-soft); border-color: transparent; }
        .pill:is([data-state=expired], [data-state=refused], [data-state=stopped]) i { background: var(--bad); }
        @keyframes breathe { to { opacity: .25; } }

        .panel { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: .85rem 1rem; }
        .row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem; }
        .facts { display: grid; grid-template-columns: minmax(0, max-content) minmax(0, 1fr); gap: .2rem .8rem;
          font-size: .8125rem; margin: .4rem 0 .55rem; }
        .facts dt { color: var(--muted); overflow-wrap: anywhere; }
        .facts dd { font-family: var(--mono); font-size: .78rem; line-height: 1.6; overflow-wrap: anywhere; }
        .facts dd.plain { font-family: inherit; font-size: .8125rem; line-height: 1.5; color: var(--muted); }
        .facts dd.key { color: var(--accent); font-weight: 650; }
        .panel .quiet { font-size: .8125rem; min-height: 32px; padding-block: .3rem; }
        .panel > details { border-top: 1px solid var(--line); padding: .45rem 0 .2rem; margin-top: .55rem; }
        .panel > details + .row { margin-top: .35rem; }
        details .facts { margin-bottom: .2rem; }
        summary { cursor: pointer; font-size: .8125rem; color: var(--muted); border-radius: 4px; }
        .countdown p { display: flex; align-items: baseline; gap: .6rem; margin: .1rem 0 .35rem; }
        #expiry-countdown { font-size: 1.75rem; line-height: 1.2; font-weight: 620; letter-spacing: -.02em; min-width: 3.6ch;
          font-variant-numeric: tabular-nums; }
        .meter { height: 6px; border-radius: 3px; background: var(--line); overflow: hidden; margin-bottom: .45rem; }
        .meter i { display: block; height: 100%; border-radius: 3px; background: var(--accent); transform: scaleX(0);
          transform-origin: left; }
        .low #expiry-countdown { color: var(--warn); } .low .meter i { background: var(--warn); }
        .over #expiry-countdown { color: var(--bad); }
        .switch { display: inline-flex; align-items: center; gap: .55rem; cursor: pointer; font-size: .8125rem;
          min-height: 34px; }
        .switch input { appearance: none; flex: none; width: 36px; height: 21px; margin: 0; border-radius: 99px;
          background: var(--muted); position: relative; cursor: pointer; transition: background .15s; }
        .switch input::after { content: ""; position: absolute; inset: 3px auto 3px 3px; width: 15px; border-radius: 50%;
          background: var(--surface); transition: translate .15s; }
        .switch input:checked { background: var(--accent); } .switch input:checked::after { translate: 15px; }
        .verdict { font-size: .8125rem; }
        .verdict:not(:empty) { margin-top: .65rem; padding: .6rem .75rem; border-radius: 9px; background: var(--raised); }
        .verdict .facts { margin: 0 0 .35rem; } .verdict dd { white-space: pre-line; }
        .verdict[data-verdict=protected] { background: var(--soft); }
        .verdict:is([data-verdict=forged], [data-verdict=failed]) { background: var(--bad-soft); }
        .verdict strong { font-weight: 620; }
        .problem { color: var(--bad); font-size: .875rem; min-height: 1.5em; }
        .trouble { padding: .7rem .8rem; border-radius: 9px; background: var(--bad-soft); font-size: .875rem; }
        .trouble button { margin-top: .5rem; }
        """#

    /// The log-in card, the three columns, and what becomes of them on narrow pages.
    private static let layout = #"""

        .login { min-height: 100%; display: grid; place-items: center; padding: 1.25rem; }
        .card { width: min(100%, 27.5rem); background: var(--surface); border: 1px solid var(--line); border-radius: 20px;
          padding: clamp(1.25rem, 5vw, 2.25rem); box-shadow: var(--shadow); }
        .card h1 { font-size: 1.625rem; letter-spacing: -.02em; margin: 1.1rem 0 .35rem; }
        .lead { color: var(--muted); text-wrap: pretty; }
        .people { display: grid; gap: .5rem; margin: 1.25rem 0 1.1rem; }
        .person { display: flex; align-items: center; gap: .8rem; text-align: left; white-space: normal; padding: .6rem .8rem; border-radius: 12px;
          border-color: var(--line); background: var(--surface); }
        .person:hover { border-color: var(--accent); background: var(--raised); }
        .person strong { display: block; font-weight: 600; line-height: 1.3; }
        .person small { font-size: .8125rem; font-weight: 400; color: var(--muted); }
        .or { display: flex; align-items: center; gap: .75rem; color: var(--muted); font-size: .8125rem; margin-bottom: .7rem; }
        .or::before, .or::after { content: ""; height: 1px; flex: 1; background: var(--line); }
        .fields { display: grid; grid-template-columns: 1fr 1fr auto; gap: .6rem; align-items: end; }
        .fields label { font-size: .8125rem; color: var(--muted); min-width: 0; }
        .fields input { font-size: .9375rem; color: var(--ink); margin-top: .15rem; }
        #login-hint { margin: .6rem 0 .3rem; }

        .app { height: 100vh; height: 100dvh; display: grid; grid-template-rows: auto minmax(0, 1fr) auto; }
        .bar { display: flex; align-items: center; gap: .75rem; padding: .55rem 1rem; background: var(--surface);
          border-bottom: 1px solid var(--line); }
        .bar .pill { margin-inline: .25rem auto; }
        .me { display: flex; align-items: center; gap: .5rem; font-weight: 560; }
        .me .avatar { width: 1.75rem; height: 1.75rem; font-size: .8125rem; }
        .columns { display: grid; grid-template-columns: 15.5rem minmax(0, 1fr) 22.5rem; gap: 1rem; padding: 1rem;
          min-height: 0; width: 100%; max-width: 96rem; margin-inline: auto; }
        .side, .inspector { min-height: 0; overflow-y: auto; display: flex; flex-direction: column; gap: 1rem;
          scrollbar-width: thin; }
        .side { gap: 1.5rem; padding: .35rem .15rem; }
        .side h2 { padding: 0 .6rem .45rem; }
        .rooms { display: grid; gap: .2rem; min-height: 11rem; align-content: start; }
        .rooms button { width: 100%; text-align: left; display: grid; grid-template-columns: 1.35rem minmax(0, 1fr);
          padding: .5rem .6rem; border-radius: 10px; }
        .rooms button:hover { background: color-mix(in srgb, var(--ink) 5%, transparent); }
        .rooms button[aria-current] { background: var(--surface); border-color: var(--line); box-shadow: var(--shadow); }
        .rooms i { font-style: normal; color: var(--muted); font-weight: 500; }
        .rooms svg { width: 13px; height: 13px; translate: 0 1px; fill: none; stroke: currentColor; stroke-width: 2; }
        .rooms small { grid-column: 2; font-size: .8125rem; font-weight: 400; color: var(--muted); overflow: hidden;
          text-overflow: ellipsis; white-space: nowrap; }
        .rooms li.ghost { height: 3.5rem; border-radius: 10px; margin: 0 .1rem; opacity: .6;
          background: color-mix(in srgb, var(--ink) 5%, transparent); animation: breathe 1.1s infinite alternate; }
        .count { display: inline-block; min-width: 1.5em; padding: 0 .4em; margin-left: .2rem; border-radius: 99px;
          text-align: center; background: color-mix(in srgb, var(--ink) 8%, transparent); font-variant-numeric: tabular-nums; }
        .online li { display: flex; align-items: center; gap: .6rem; padding: .25rem .6rem; }
        .online .avatar { width: 1.6rem; height: 1.6rem; font-size: .75rem; position: relative; }
        .online .avatar::after { content: ""; position: absolute; right: -4px; bottom: -4px; width: 8px; height: 8px;
          border-radius: 50%; background: #2f9e5c; border: 2px solid var(--bg); box-sizing: content-box; }
        .online em { font-style: normal; color: var(--muted); font-size: .8125rem; }
        #online-empty, .tip { padding: 0 .6rem; }
        .tip { font-size: .8125rem; color: var(--muted); margin-top: auto; }

        .chat { display: grid; grid-template-rows: auto minmax(0, 1fr) auto; min-height: 0; background: var(--surface);
          border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: var(--shadow); }
        .room-head { padding: .85rem 1.25rem .8rem; border-bottom: 1px solid var(--line); }
        .room-head p { color: var(--muted); font-size: .875rem; }
        .stream { position: relative; min-height: 0; }
        .scroller { position: absolute; inset: 0; overflow-y: auto; padding: 1rem 1.25rem; scrollbar-width: thin;
          overscroll-behavior: contain; outline-offset: -3px; }
        #message-list { min-height: 100%; display: flex; flex-direction: column; justify-content: flex-end; }
        .message { display: grid; grid-template-columns: 2rem minmax(0, 1fr); column-gap: .65rem; margin-top: .8rem;
          max-width: 42rem; }
        .message.more { margin-top: .2rem; }
        .message .avatar { grid-row: 1 / 3; margin-top: .1rem; }
        .message.more :is(.avatar, .who) { display: none; }
        .message .who { font-size: .8125rem; line-height: 1.3; margin-bottom: .2rem; color: var(--muted); }
        .message .who b { color: var(--ink); font-weight: 620; margin-right: .4rem; }
        .message .text { grid-column: 2; justify-self: start; padding: .45rem .75rem; border-radius: 4px 14px 14px 14px;
          background: var(--raised); border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
        .message.mine .text { background: var(--soft); border-color: transparent; }
        .presence { align-self: center; margin-top: .8rem; font-size: .8125rem; color: var(--muted); }
        .empty { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center;
          justify-content: center; gap: .4rem; text-align: center; padding: 2rem 1.5rem; pointer-events: none; }
        .empty .barrier { width: 52px; height: 52px; margin-bottom: .4rem; }
        .empty[data-kind=quiet] .arm { transform: rotate(-42deg); }
        .empty h2 { font-size: 1.0625rem; color: var(--ink); }
        .empty p { color: var(--muted); max-width: 24rem; text-wrap: balance; }
        .empty[data-kind=refused] { background: var(--surface); }
        .notice { position: absolute; z-index: 2; inset: .75rem .75rem auto; display: flex; align-items: center; gap: 1rem;
          padding: .65rem .75rem .65rem 1rem; border-radius: 12px; font-size: .875rem; box-shadow: var(--shadow);
          background: var(--warn-soft); border: 1px solid color-mix(in srgb, var(--warn) 35%, transparent); }
        .notice p { flex: 1; font-variant-numeric: tabular-nums; } .notice strong { color: var(--warn); }
        .notice button { flex: none; }
        .jump { position: absolute; z-index: 1; bottom: .75rem; left: 50%; translate: -50%; box-shadow: var(--shadow);
          background: var(--ink); color: var(--surface); border-radius: 99px; font-size: .8125rem; }
        .composer { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .35rem .6rem; align-items: end;
          padding: .75rem 1rem .6rem; border-top: 1px solid var(--line); background: var(--raised); }
        .composer textarea { resize: none; field-sizing: content; min-height: 42px; max-height: 9rem; padding-block: .55rem; }
        .composer button { min-height: 42px; min-width: 5rem; }
        .composer .hint { grid-column: 1 / -1; min-height: 1.5em; }

        .log { flex: 1 0 8.5rem; display: flex; flex-direction: column; min-height: 0; padding-bottom: .4rem; }
        #event-log { flex: 1 1 0; min-height: 0; overflow-y: auto; margin: .4rem -.4rem 0; padding: 0 .4rem; outline-offset: -2px;
          scrollbar-width: thin; font-size: .8125rem; }
        #event-log li { display: grid; grid-template-columns: 3.6rem 8px minmax(0, 1fr); gap: .5rem; padding: .3rem 0;
          align-items: baseline; border-top: 1px solid var(--line); }
        #event-log li:first-child { border-top: 0; }
        #event-log time { color: var(--muted); font-variant-numeric: tabular-nums; }
        #event-log i { width: 8px; height: 8px; border-radius: 50%; background: var(--muted); }
        #event-log [data-kind=ok] i { background: var(--accent); } #event-log [data-kind=bad] i { background: var(--bad); }
        #event-log p { overflow-wrap: anywhere; }
        .views { display: none; }

        @media (max-width: 72rem) {
          .columns { grid-template-columns: minmax(0, 1fr) 21rem; grid-template-rows: auto minmax(0, 1fr); gap: .85rem; }
          .side { grid-column: 1 / -1; flex-direction: row; gap: 1.5rem; align-items: start; overflow: visible; padding: 0; }
          .side section:first-child { flex: 1; min-width: 0; }
          .side section:nth-child(2) { width: 21rem; }
          .rooms { grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); min-height: 3.6rem; }
          .online { display: flex; flex-wrap: wrap; min-height: 2.1rem; }
          .tip { display: none; }
        }
        @media (max-width: 48rem) {
          .bar { padding: .5rem .75rem; gap: .5rem; }
          .bar .brand span { display: none; }
          .bar .pill { min-width: 0; overflow: hidden; }
          .bar .quiet { padding-inline: .65rem; }
          .columns { display: block; padding: 0; }
          .columns > * { height: 100%; display: none; border-radius: 0; }
          body[data-view=rooms] .side, body[data-view=gateway] .inspector { display: flex; }
          body[data-view=chat] .chat { display: grid; border: 0; box-shadow: none; }
          .side { flex-direction: column; padding: 1rem .75rem; overflow-y: auto; }
          .side section:nth-child(n) { width: 100%; flex: none; }
          .rooms { grid-auto-flow: row; grid-auto-columns: auto; min-height: 11rem; }
          .online { display: block; min-height: 0; } .tip { display: block; }
          .inspector { padding: .75rem; gap: .75rem; }
          .room-head { padding: .6rem 1rem; } .scroller { padding: .75rem 1rem; }
          .composer { padding: .6rem .75rem .5rem; } .composer .hint { display: none; }
          .composer .hint.urgent { display: block; }
          .notice { flex-direction: column; align-items: stretch; gap: .6rem; padding: .75rem; }
          .fields { grid-template-columns: 1fr 1fr; } .fields button { grid-column: 1 / -1; }
          button:not(.link), input:not([type=checkbox]), textarea, .switch { min-height: 44px; }
          input:not([type=checkbox]), textarea { font-size: 16px; }
          .views { display: grid; grid-template-columns: repeat(3, 1fr); background: var(--surface);
            border-top: 1px solid var(--line); padding-bottom: env(safe-area-inset-bottom); }
          .views button { border-radius: 0; font-size: .875rem; color: var(--muted); min-height: 50px;
            border-top: 2px solid transparent; outline-offset: -3px; }
          .views [aria-current] { color: var(--accent); border-top-color: var(--accent); }
          .views .dot { display: inline-block; width: 8px; height: 8px; margin-left: .35rem; border-radius: 50%;
            background: var(--red); }
        }
        @media (max-width: 28rem) {
          #current-user { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        }
        @media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }

        """#
}
