import GatewayMessage

/// Writes the lines that say where a request comes from.
struct ForwardedLines {
    private(set) var bytes: [UInt8] = []

    init() { self.bytes.reserveCapacity(192) }

    mutating func append(_ text: StaticString) { text.withUTF8Buffer { self.bytes.append(contentsOf: $0) } }

    mutating func append(_ text: RawSpan) { text.withUnsafeBytes { self.bytes.append(contentsOf: $0) } }

    /// `chain` is from the right, as `ForwardedChain` reads it; the peer stands at the right end.
    mutating func addFor(_ chain: [IPAddress], _ peer: IPAddress?) {
        self.append("X-Forwarded-For: ")
        for address in chain.reversed() {
            address.append(to: &self.bytes)
            self.append(", ")
        }
        self.append(peer)
        self.append("\r\n")
    }

    mutating func addScheme(isSecure: Bool) {
        self.append(isSecure ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
    }

    mutating func addHost(_ host: RawSpan) {
        self.append("X-Forwarded-Host: ")
        self.append(host)
        self.append("\r\n")
    }

    mutating func addPort(_ port: Int) {
        guard port > 0 else { return }
        self.append("X-Forwarded-Port: ")
        self.bytes.append(contentsOf: String(port).utf8)
        self.append("\r\n")
    }

    // MARK: RFC 7239

    mutating func beginForwarded(_ client: IPAddress?, isSecure: Bool) {
        self.append("Forwarded: ")
        self.addNode(client)
        self.append(isSecure ? ";proto=https" : ";proto=http")
    }

    mutating func addForwardedHops(_ hops: ArraySlice<IPAddress>, _ peer: IPAddress?) {
        for hop in hops.reversed() {
            self.append(", ")
            self.addNode(hop)
        }
        self.append(", ")
        self.addNode(peer)
    }

    /// RFC 7239 section 6: the colons and brackets of an IPv6 address want quotes.
    private mutating func addNode(_ address: IPAddress?) {
        let isBracketed = address.map { !$0.isV4 } ?? false
        self.append(isBracketed ? "for=\"[" : "for=")
        self.append(address)
        if isBracketed { self.append("]\"") }
    }

    /// Who comes over a Unix-domain socket has no address and is on this machine.
    private mutating func append(_ address: IPAddress?) {
        guard let address else { return self.append("127.0.0.1") }
        address.append(to: &self.bytes)
    }
}
