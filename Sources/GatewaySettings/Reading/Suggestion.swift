/// "Did you mean …": the known word nearest to a mistyped one.
package enum Suggestion {
    /// Words of Django and of other proxies for things that have another name here.
    private static let otherNames = [
        "ALLOWED_HOSTS": "allowed_origins", "allowed_hosts": "allowed_origins", "bind": "listen", "port": "listen",
        "backends": "upstreams", "upstream": "upstreams", "workers": "threads", "jwt": "SIMPLE_JWT", "regex": "re_path",
        "url": "servers", "server": "servers", "access_log": "access", "cert": "certificate",
        "SECURE_PROXY_SSL_HEADER": "trusted_proxies", "USE_X_FORWARDED_HOST": "trusted_proxies",
        "set_real_ip_from": "trusted_proxies", "real_ip": "trusted_proxies", "health_check": "health",
        "allowed_origins": "origins", "allow_origins": "origins", "allowed_methods": "methods",
        "allow_methods": "methods", "allowed_headers": "headers", "allow_headers": "headers",
        "allow_credentials": "credentials", "whitelist": "allow", "blacklist": "deny", "server_name": "hosts",
        "strip_path": "strip_prefix", "ping_interval": "ping", "heartbeat": "ping", "ping_timeout": "pong_timeout",
        "idle_timeout": "idle", "max_lifetime": "max_age", "lifetime": "max_age", "websockets": "web_sockets",
        "cookie_name": "cookie", "expires": "not_after", "valid_until": "not_after", "claims": "require",
        "jwks_uri": "JWK_URL", "jwks_url": "JWK_URL", "denylist": "revocation",
    ]

    static func hint(for word: String, among known: [String]) -> String? {
        if let nearest = self.nearest(to: word, among: known) { return "did you mean \(Excerpt.quote(nearest))?" }
        guard !known.isEmpty, known.count <= 12 else { return nil }
        return "known here: \(known.joined(separator: ", "))"
    }

    package static func nearest(to word: String, among known: [String]) -> String? {
        if let other = self.otherNames[word], known.contains(other) { return other }
        // The settings of django-cors-headers.
        if word.hasPrefix("CORS_"), known.contains("cors") { return "cors" }
        let folded = self.fold(word)
        guard folded.count <= 64 else { return nil }
        // A third of the letters may be wrong, one in short words.
        let allowed = max(1, min(3, folded.count / 3))
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = self.distance(folded, self.fold(candidate))
            if distance <= allowed, distance < folded.count, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// Insertions, deletions, replacements and swapped neighbours that turn one word into the other.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1]
            current.reserveCapacity(b.count + 1)
            for j in b.indices {
                var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
                current.append(cost)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[b.count]
    }

    /// Letter case and `-` for `_` are no difference worth a distance.
    private static func fold(_ word: String) -> [UInt8] {
        word.utf8.map { byte in
            switch byte {
            case 0x41...0x5A: byte | 0x20
            case 0x2D: 0x5F
            default: byte
            }
        }
    }
}
