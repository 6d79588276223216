import GatewayMessage
import GatewaySettings

/// The header names that only the gateway may send upstream. A client's line with such a name, in any spelling that a
/// server may fold to it, is removed from every request on every route.
struct OwnedHeaders: Sendable {
    /// Exact names, no wildcards: an operator can read them all.
    static let fixedNames: [String] = [
        // Identity that backends and the proxies they were written for trust.
        "remote-user", "x-remote-user", "x-remote-group", "x-user", "x-user-id", "x-user-name", "x-username",
        "x-user-email", "x-user-groups", "x-user-roles", "x-auth-user", "x-auth-user-id", "x-auth-username",
        "x-auth-email", "x-auth-groups", "x-jwt-assertion", "x-jwt-claims", "x-jwt-payload", "x-authenticated-user",
        "x-authenticated-userid", "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups",
        "x-forwarded-preferred-username", "x-forwarded-access-token", "x-auth-request-user", "x-auth-request-email",
        "x-auth-request-groups", "x-auth-request-preferred-username", "x-auth-request-access-token",
        "x-webauth-user", "x-webauth-email", "x-webauth-name", "x-pomerium-jwt-assertion", "x-pomerium-claim-email",
        "x-pomerium-claim-groups", "x-pomerium-claim-name", "x-pomerium-claim-user", "x-consumer-id",
        "x-consumer-username", "x-consumer-custom-id", "x-consumer-groups", "x-credential-identifier",
        "x-anonymous-consumer",
        // Any client could set ASGI's root_path with it.
        "daphne-root-path",
        // Addresses and schemes; the server says its own afterwards.
        "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-prefix", "x-forwarded-scheme", "x-forwarded-protocol", "x-forwarded-ssl", "x-forwarded-server",
        "x-real-ip",
        // Paths and methods other than the request's own.
        "x-forwarded-uri", "x-forwarded-method", "x-original-url", "x-original-uri", "x-original-method",
        "x-rewrite-url",
        // The gateway numbers requests, and other servers on the way take orders.
        "x-request-id", "proxy", "x-accel-redirect", "x-accel-buffering", "x-accel-charset", "x-accel-expires",
        "x-accel-limit-rate",
    ]

    /// All names, sorted, in lower case.
    let names: [String]
    private let mask: Int
    /// Open addressing by folded hash; 0 marks a free place.
    private let hashes: [UInt32]
    private let foldedNames: [[UInt8]]
    /// Where `x-forwarded-for` lies.
    private let forwardedForPlace: Int?

    /// `except` is the header that carries tokens: it is judged, not owned. `released` names are nobody's.
    init(adding configured: [String], except tokenHeader: String, releasing released: [String] = []) {
        let exceptions = Set(([tokenHeader] + released).map { FoldedName.folded($0) })
        var names = Set((Self.fixedNames + configured).map { $0.lowercased() })
        names = names.filter { !exceptions.contains(FoldedName.folded($0)) }
        self.names = names.sorted()
        var capacity = 64
        while capacity < 4 * names.count { capacity *= 2 }
        self.mask = capacity - 1
        var hashes = Array(repeating: UInt32(0), count: capacity)
        var foldedNames = Array(repeating: [UInt8](), count: capacity)
        for name in self.names {
            let hash = Self.usable(FoldedName.hash(of: name))
            var place = Int(hash) & self.mask
            while hashes[place] != 0 { place = (place + 1) & self.mask }
            hashes[place] = hash
            foldedNames[place] = FoldedName.folded(name)
        }
        self.hashes = hashes
        self.foldedNames = foldedNames
        self.forwardedForPlace = foldedNames.firstIndex(of: FoldedName.folded("x-forwarded-for"))
    }

    init(_ settings: Settings) {
        self.init(
            adding: settings.identity.map(\.header.value) + [settings.assertion?.header.value].compactMap { $0 },
            except: settings.simpleJWT?.authHeaderName ?? "authorization",
            releasing: settings.releasedHeaders.map(\.value)
        )
    }

    /// Whether the gateway owns what a server may take this name for.
    func contains(_ name: String) -> Bool { self.foldedNames.contains(FoldedName.folded(name)) }

    /// Says whether there was an `X-Forwarded-For` among what it dropped.
    @discardableResult
    func drop(from head: inout RequestHead, bytes: RawSpan) -> Bool {
        var droppedForwarding = false
        for index in head.fields.indices where !head.fields[index].isDropped {
            guard let place = self.place(of: head.fields[index], in: bytes) else { continue }
            head.fields[index].isDropped = true
            if place == self.forwardedForPlace { droppedForwarding = true }
        }
        return droppedForwarding
    }

    private func place(of field: HeaderField, in bytes: RawSpan) -> Int? {
        let hash = Self.usable(field.foldedHash)
        var place = Int(hash) & self.mask
        while self.hashes[place] != 0 {
            if self.hashes[place] == hash, self.isName(at: place, field.name, in: bytes) { return place }
            place = (place + 1) & self.mask
        }
        return nil
    }

    private func isName(at place: Int, _ name: ByteRange, in bytes: RawSpan) -> Bool {
        guard self.foldedNames[place].count == name.count else { return false }
        for index in 0..<name.count
        where FoldedName.fold(bytes.at(name.lowerBound + index)) != self.foldedNames[place][index] { return false }
        return true
    }

    private static func usable(_ hash: UInt32) -> UInt32 { hash == 0 ? 1 : hash }
}
