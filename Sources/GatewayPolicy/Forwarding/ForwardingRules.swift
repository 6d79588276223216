import GatewayMessage
import GatewaySettings

/// Who may say where a request comes from, and what is said of it upstream. What clients write under these names never goes
/// there: daphne believes the leftmost address of a list, whoever wrote it.
struct ForwardingRules: Sendable {
    let trustedProxies: [PeerRange]
    /// Whether RFC 7239's `Forwarded` is sent as well.
    let sendsForwarded: Bool

    func trusts(_ peer: Peer) -> Bool {
        !self.trustedProxies.isEmpty && self.trustedProxies.contains(peer: peer.address)
    }

    // MARK: The gateway's own word

    func lines(for peer: Peer) -> [UInt8] {
        var lines = ForwardedLines()
        lines.addFor([], peer.address)
        lines.addScheme(isSecure: peer.isSecure)
        lines.addPort(peer.port)
        return lines.bytes
    }

    func opening(for peer: Peer) -> [UInt8] {
        guard self.sendsForwarded else { return [] }
        var lines = ForwardedLines()
        lines.beginForwarded(peer.address, isSecure: peer.isSecure)
        lines.append(#";host=""#)
        return lines.bytes
    }

    // MARK: A proxy's word

    func vet(_ head: borrowing RequestHead, bytes: RawSpan, peer: Peer) -> VettedSender {
        let read = ForwardedChain(head, in: bytes, trusting: self.trustedProxies)
        let chain = read.addresses
        let said = ForwardedFields(head, in: bytes)
        let isSecure = said.isSecure ?? peer.isSecure
        let host = said.host ?? head.host
        var lines = ForwardedLines()
        lines.addFor(chain, peer.address)
        lines.addScheme(isSecure: isSecure)
        if let host { lines.addHost(bytes.extracting(host.range)) }
        lines.addPort(said.port ?? Self.port(said, host, in: bytes) ?? peer.port)
        if self.sendsForwarded {
            lines.beginForwarded(chain.last ?? peer.address, isSecure: isSecure)
            if let host {
                lines.append(#";host=""#)
                lines.append(bytes.extracting(host.range))
                lines.append(#"""#)
            }
            if !chain.isEmpty { lines.addForwardedHops(chain.dropLast(), peer.address) }
            lines.append("\r\n")
        }
        return VettedSender(
            address: chain.last ?? peer.address,
            lines: lines.bytes,
            requestID: said.requestID.map { bytes.bytes($0) } ?? [],
            isKnown: !read.isBroken
        )
    }

    /// What follows from what the proxy said, if it said anything: it listens elsewhere than the gateway.
    private static func port(_ said: ForwardedFields, _ host: ByteRange?, in bytes: RawSpan) -> Int? {
        if said.isSecure != nil || said.host != nil, let host, let port = ForwardedFields.port(of: host, in: bytes) {
            return port
        }
        return said.isSecure.map { $0 ? 443 : 80 }
    }
}

extension Policy {
    /// Whether `forwardedOpening` says anything.
    package var sendsForwarded: Bool { self.forwarding.sendsForwarded }

    /// The `X-Forwarded-For`, `-Proto` and `-Port` lines of a peer that is not a trusted proxy: whole lines, constant for a
    /// connection.
    package func forwardedLines(for peer: Peer) -> [UInt8] { self.forwarding.lines(for: peer) }

    /// The opening of the `Forwarded` line up to and with `host="`, constant for a connection; the host, a `"` and CRLF belong
    /// behind it. Empty when it is not sent.
    package func forwardedOpening(for peer: Peer) -> [UInt8] { self.forwarding.opening(for: peer) }

    package func isTrustedProxy(_ peer: Peer) -> Bool { self.forwarding.trusts(peer) }
}
