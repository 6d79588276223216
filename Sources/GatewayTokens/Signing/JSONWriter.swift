/// Writes JSON as Python's `json.dumps` does with compact separators: everything beyond ASCII as `\u` escapes.
enum JSONWriter {
    static func object(_ members: [(String, SignedClaim)]) -> [UInt8] {
        let parts = members.map { self.quoted($0.0) + ":" + self.value($0.1) }
        return Array(("{" + parts.joined(separator: ",") + "}").utf8)
    }

    private static func value(_ claim: SignedClaim) -> String {
        switch claim {
        case .string(let text): self.quoted(text)
        case .integer(let value): String(value)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .strings(let texts): "[" + texts.map(self.quoted).joined(separator: ",") + "]"
        case .json(let text): text
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x08: result += "\\b"
            case 0x0C: result += "\\f"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0x20..<0x7F: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default: result += self.escape(unit)
            }
        }
        return result + "\""
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
