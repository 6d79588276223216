import GatewayMessage
import GatewaySettings

/// `X-Forwarded-For` as trusted proxies have written it: each adds its own peer at the right end, so what stands right of
/// the first stranger was written by proxies that are believed, and what stands left of it was written by the stranger.
struct ForwardedChain {
    /// The addresses that can be believed, from the right: proxies that are listed, then the client, which is the first that
    /// is not, or the last that is an address at all. Empty when there is none.
    private(set) var addresses: [IPAddress] = []
    /// Whether a proxy named a client that is no address, so that nobody knows who it is.
    private(set) var isBroken = false

    /// More hops than any chain of proxies has. What lies further left is not looked at.
    static let longest = 64

    /// Lines that `Connection` nominates are read too: nominating is the one way in which a client could make a proxy's
    /// word disappear, and then the proxy itself would be taken for the client.
    init(
        _ head: borrowing RequestHead,
        in bytes: RawSpan,
        trusting proxies: [PeerRange]
    ) {
        var index = head.fields.count
        while index > 0 {
            index -= 1
            let field = head.fields[index]
            guard bytes.equalsIgnoringCase(field.name, "x-forwarded-for") else { continue }
            var end = field.value.upperBound
            while true {
                var start = end
                while start > field.value.lowerBound, bytes.at(start - 1) != UInt8(ascii: ",") { start -= 1 }
                guard self.addresses.count < Self.longest,
                    let address = ForwardedAddress.read(ByteRange(start: start, end: end), in: bytes)
                else {
                    self.isBroken = true
                    return
                }
                self.addresses.append(address)
                guard proxies.contains(peer: address) else { return }
                guard start > field.value.lowerBound else { break }
                end = start - 1
            }
        }
    }
}
