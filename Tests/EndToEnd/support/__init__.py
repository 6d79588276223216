"""What the tests are made of: processes, sockets, a recording upstream, tokens, a browser. No test lives here."""
