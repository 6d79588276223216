/// Texts as JSON writes them, in UTF-8.
package enum JSONQuotation {
    private static let hex = Array("0123456789abcdef".utf8)

    /// Appends a string with its quotation marks.
    package static func append(_ text: some Sequence<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: output += Array("\\u00".utf8) + [self.hex[Int(byte >> 4)], self.hex[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
