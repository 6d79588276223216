internal import CLibCrypto

/// One block of a PEM text, still encoded.
struct PEMBlock {
    let label: String
    /// From the line that begins the block up to the next block or the end.
    private let text: [UInt8]

    /// A block's bytes.
    struct Content {
        let der: [UInt8]
        /// It carries headers, which only encrypted private keys do.
        let isEncrypted: Bool
    }

    var isPrivateKey: Bool { self.label.hasSuffix("PRIVATE KEY") }

    /// All blocks of a text that has at least one.
    static func all(in text: [UInt8]) throws(KeyProblem) -> [PEMBlock] {
        let starts = self.starts(in: text)
        guard !starts.isEmpty else {
            let found = KeyText(recognizing: text)
            throw .notPEM(found == .pem ? nil : found)
        }
        var blocks: [PEMBlock] = []
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : text.count
            let rest = text[(start + self.mark.count)..<end]
            let label = rest.prefix { $0 != UInt8(ascii: "-") && $0 != 0x0A && $0 != 0x0D }
            blocks.append(PEMBlock(label: String(decoding: label, as: UTF8.self), text: Array(text[start..<end])))
        }
        return blocks
    }

    /// The blocks of a text that has only what everybody may know.
    static func allPublic(in text: [UInt8]) throws(KeyProblem) -> [PEMBlock] {
        let blocks = try self.all(in: text)
        if blocks.contains(where: \.isPrivateKey) { throw .privateKey }
        if text.contains("\\n") { throw .escapedLineBreaks }
        return blocks
    }

    private static let mark = Array("-----BEGIN ".utf8)

    /// Where lines begin with the mark.
    private static func starts(in text: [UInt8]) -> [Int] {
        var starts: [Int] = []
        var isLineStart = true
        for (index, byte) in text.enumerated() {
            if isLineStart, byte == UInt8(ascii: "-"), text[index...].starts(with: self.mark) { starts.append(index) }
            isLineStart = byte == 0x0A || byte == 0x0D
        }
        return starts
    }

    func content() throws(KeyProblem) -> Content {
        guard let content = self.read() else { throw .unreadable(label: self.label) }
        return content
    }

    private func read() -> Content? {
        defer { ERR_clear_error() }
        guard let input = BIO_new_mem_buf(self.text, Int32(clamping: self.text.count)) else { return nil }
        defer { BIO_free(input) }
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard PEM_read_bio(input, &name, &header, &bytes, &count) == 1 else { return nil }
        defer {
            clibcrypto_free(name)
            clibcrypto_free(header)
            OPENSSL_cleanse(bytes, count)
            clibcrypto_free(bytes)
        }
        return Content(
            der: Array(UnsafeBufferPointer(start: bytes, count: count)),
            isEncrypted: header?.pointee ?? 0 != 0
        )
    }
}

extension PEMBlock.Content {
    /// Calls one of libcrypto's `d2i` functions.
    func decoded(
        _ decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        self.der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return decode(&position, buffer.count)
        }
    }
}
