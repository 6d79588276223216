import GatewayMessage

/// The framing around the data of a chunked body (RFC 9112 section 7.1), byte by byte: sizes, extensions and trailers are
/// checked and dropped; data passes by uncopied.
///
///     1*HEXDIG [ ";" extension ] CRLF data CRLF … 0 [ ";" extension ] CRLF *( trailer CRLF ) CRLF
struct ChunkedFraming: Sendable {
    /// Bytes of the current chunk still to come; while it is not 0 the next bytes are data.
    private(set) var dataRemaining = 0
    private var step = Step.sizeStart
    /// The size being read, and how many digits it has.
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    /// Bytes of framing that may still come before more data must.
    private var credit = Self.initialCredit
    private var trailerBytes = 0
    private var trailerName = FoldedName.hashSeed

    private enum Step: UInt8, Sendable {
        case sizeStart, size, extensionStart, chunkExtension, sizeLineFeed
        case dataEnd, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, finalLineFeed
        case end
    }

    /// Fifteen hexadecimal digits cannot overflow an `Int`; nobody needs leading zeros beyond that.
    private static var maximumDigits: Int { 15 }
    /// Of one chunk.
    private static var maximumExtensionBytes: Int { 1024 }
    /// Framing may exceed sixteen times the data by 16 KiB, so that what a peer makes us read stays in proportion to the body
    /// that it sends, which is bounded. One-byte chunks, as servers of event streams do send them, need five bytes each.
    /// Credit is not saved up over a long body.
    private static var initialCredit: Int { 16 << 10 }
    private static var maximumCredit: Int { 1 << 20 }
    private static var maximumTrailerBytes: Int { 8192 }

    var isAtEnd: Bool { self.step == .end }

    mutating func tookData(_ count: Int) { self.dataRemaining &-= count }

    /// Reads framing until data or the end of the body comes, or the bytes run out; answers how many were read.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Int {
        var at = 0
        while at < bytes.count, self.dataRemaining == 0, self.step != .end {
            try self.read(bytes[at])
            at &+= 1
        }
        return at
    }

    private mutating func read(_ byte: UInt8) throws(HTTPViolation) {
        switch self.step {
        case .sizeStart, .size, .extensionStart, .chunkExtension, .sizeLineFeed:
            try self.readSizeLine(byte)
        case .dataEnd:
            guard byte == 0x0D else { throw byte == 0x0A ? .bareLineFeed : .badChunkEnd }
            self.step = .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .bareCarriageReturn }
            self.step = .sizeStart
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
            try self.readTrailer(byte)
        case .end:
            break
        }
    }
}

// Sizes and extensions.
extension ChunkedFraming {
    private mutating func readSizeLine(_ byte: UInt8) throws(HTTPViolation) {
        switch (self.step, byte) {
        case (.sizeLineFeed, 0x0A):
            try self.beginData()
        case (.sizeLineFeed, _):
            throw .bareCarriageReturn
        case (_, 0x0A):
            throw .bareLineFeed
        case (.size, 0x0D), (.chunkExtension, 0x0D):
            self.step = .sizeLineFeed
        case (.size, 0x3B):
            self.step = .extensionStart
        case (.sizeStart, _), (.size, _):
            try self.readDigit(byte)
        default:
            try self.readExtension(byte)
        }
    }

    private mutating func readDigit(_ byte: UInt8) throws(HTTPViolation) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte &- 0x30
        case 0x41...0x46: digit = byte &- 0x37
        case 0x61...0x66: digit = byte &- 0x57
        default: throw .badChunkSize
        }
        guard self.digits < Self.maximumDigits else { throw .badChunkSize }
        self.digits &+= 1
        self.size = self.size << 4 | Int(digit)
        self.step = .size
    }

    private mutating func readExtension(_ byte: UInt8) throws(HTTPViolation) {
        guard byte == 0x09 || byte &- 0x20 < 0x5F else { throw .badChunkExtension }
        self.extensionBytes &+= 1
        guard self.extensionBytes <= Self.maximumExtensionBytes else { throw .chunkExtensionTooLarge }
        self.step = .chunkExtension
    }

    private mutating func beginData() throws(HTTPViolation) {
        // The size, a `;` and what follows it, and the line ends before and behind the data.
        self.credit &-= self.digits &+ self.extensionBytes &+ 5
        guard self.credit >= 0 else { throw .tooMuchChunkFraming }
        self.credit = min(self.credit &+ 16 &* min(self.size, Self.maximumCredit), Self.maximumCredit)
        self.step = self.size == 0 ? .trailerStart : .dataEnd
        self.dataRemaining = self.size
        self.size = 0
        self.digits = 0
        self.extensionBytes = 0
    }
}

// Trailers: header lines that nobody behind us is told about.
extension ChunkedFraming {
    private mutating func readTrailer(_ byte: UInt8) throws(HTTPViolation) {
        self.trailerBytes &+= 1
        guard self.trailerBytes <= Self.maximumTrailerBytes else { throw .trailersTooLarge }
        switch (self.step, byte) {
        case (.trailerLineFeed, 0x0A):
            self.step = .trailerStart
        case (.finalLineFeed, 0x0A):
            self.step = .end
        case (.trailerLineFeed, _), (.finalLineFeed, _):
            throw .bareCarriageReturn
        case (_, 0x0A):
            throw .bareLineFeed
        case (.trailerStart, 0x0D):
            self.step = .finalLineFeed
        case (.trailerStart, 0x20), (.trailerStart, 0x09):
            throw .obsoleteLineFolding
        case (.trailerStart, _), (.trailerName, _):
            try self.readTrailerName(byte)
        default:
            try self.readTrailerValue(byte)
        }
    }

    private mutating func readTrailerName(_ byte: UInt8) throws(HTTPViolation) {
        if self.step == .trailerStart {
            self.trailerName = FoldedName.hashSeed
        } else if byte == 0x3A {
            // Framing behind the body it would frame is an attack, whatever else reads it (RFC 9110 section 6.5.1).
            guard self.trailerName != Self.contentLength, self.trailerName != Self.transferEncoding else {
                throw .badTrailer
            }
            self.step = .trailerValue
            return
        }
        let entry = NameByte.entry(byte)
        guard entry != 0 else { throw .badTrailer }
        self.trailerName = Self.hash(self.trailerName, entry | NameByte.foldedBit)
        self.step = .trailerName
    }

    private mutating func readTrailerValue(_ byte: UInt8) throws(HTTPViolation) {
        if byte == 0x0D {
            self.step = .trailerLineFeed
            return
        }
        guard byte == 0x09 || byte >= 0x20 && byte != 0x7F else { throw .badTrailer }
    }

    /// Byte by byte, unlike the names of heads. Another name with the same hash is refused as well, and nobody will miss it.
    private static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 { FoldedName.hash(hash, adding: UInt64(byte), 0) }

    private static let contentLength = "content-length".utf8.reduce(FoldedName.hashSeed, Self.hash)
    private static let transferEncoding = "transfer-encoding".utf8.reduce(FoldedName.hashSeed, Self.hash)
}
