import GatewayMessage

/// What the `Connection` lines of a head ask for (RFC 9110 section 7.6.1).
struct ConnectionOptions: Sendable {
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var upgrades = false

    /// Reads every `Connection` line, and marks the fields they nominate as dropped.
    init(
        reading bytes: UnsafeRawBufferPointer,
        marking fields: inout [HeaderField],
        limit: Int
    ) throws(HTTPViolation) {
        var count = 0
        for index in fields.indices {
            // A pattern, because `==` on an enum of another module is a call, for every field of every message.
            guard case .connection = fields[index].known else { continue }
            var options = ListElements(bytes, fields[index].value)
            while let option = options.next() {
                // Each option is compared with each field: the count bounds that work.
                count &+= 1
                guard count <= limit else { throw .tooManyConnectionOptions }
                guard NameByte.isToken(bytes, option) else { throw .badConnectionOption }
                if bytes.equalsIgnoringCase(option, "close") {
                    self.closes = true
                } else if bytes.equalsIgnoringCase(option, "keep-alive") {
                    self.keepsAlive = true
                } else if bytes.equalsIgnoringCase(option, "upgrade") {
                    self.upgrades = true
                } else {
                    Self.drop(option, in: bytes, from: &fields)
                }
            }
        }
    }

    init() {}

    /// Whether the sender wants the connection kept (RFC 9112 section 9.3).
    func persists(minorVersion: UInt8) -> Bool { !self.closes && (minorVersion > 0 || self.keepsAlive) }

    private static func drop(
        _ option: ByteRange,
        in bytes: UnsafeRawBufferPointer,
        from fields: inout [HeaderField]
    ) {
        for index in fields.indices
        where !fields[index].known.survivesNomination && bytes.equalsIgnoringCase(fields[index].name, option) {
            fields[index].isDropped = true
        }
    }
}
