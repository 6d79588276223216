/// The `X-Request-Id` lines of one connection: they differ in the exchange's number only.
struct RequestIDLine {
    static let name = Array("X-Request-Id: ".utf8)

    private let opening: [UInt8]

    init(_ connection: UInt64) {
        var opening = Self.name
        LogText.appendHexadecimal(connection, digits: 16, to: &opening)
        opening.append(UInt8(ascii: "-"))
        self.opening = opening
    }

    /// Without the line's end. The value reads as the exchange's id in the log.
    func append(_ exchange: UInt32, to lines: inout [UInt8]) {
        lines.append(contentsOf: self.opening)
        LogText.append(Int64(exchange), to: &lines)
    }
}
