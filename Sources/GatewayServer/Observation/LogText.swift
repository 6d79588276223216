internal import GatewaySettings

/// Bytes of log lines: numbers, and text made harmless.
///
/// Whatever a peer sends stays inside its field: control characters (also those above U+007F), separators that some
/// viewers take for a new line, and characters that change the direction of the text are escaped, and so is every byte
/// that is not UTF-8.
enum LogText {
    /// Longer values are cut; the longest line then fits a block.
    static let longest = 2048

    /// The content of a quoted string, cut to `longest` bytes.
    static func appendEscaped(_ text: borrowing RawSpan, format: LogFormatting, to bytes: inout [UInt8]) {
        text.withUnsafeBytes { raw in
            let end = Swift.min(raw.count, Self.longest)
            Self.appendEscaped(UnsafeRawBufferPointer(rebasing: raw[..<end]), format: format, to: &bytes)
            if end < raw.count { Self.append("…", to: &bytes) }
        }
    }

    private static func appendEscaped(
        _ raw: UnsafeRawBufferPointer, format: LogFormatting, to bytes: inout [UInt8]
    ) {
        var clean = 0
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
                index += 1
                continue
            }
            let scalar = byte < 0x80 ? (value: UInt32(byte), length: 1) : Self.scalar(in: raw, at: index)
            if byte >= 0x80, let scalar, Self.isHarmless(scalar.value) {
                index += scalar.length
                continue
            }
            bytes.append(contentsOf: raw[clean..<index])
            if let scalar {
                Self.appendEscape(of: scalar.value, to: &bytes)
                index += scalar.length
            } else {
                // JSON has no word for a stray byte, so there the backslash is part of the value.
                Self.append(format == .json ? "\\\\x" : "\\x", to: &bytes)
                Self.appendHexadecimal(UInt64(byte), digits: 2, to: &bytes)
                index += 1
            }
            clean = index
        }
        bytes.append(contentsOf: raw[clean..<raw.count])
    }

    private static func appendEscape(of scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0x22: Self.append("\\\"", to: &bytes)
        case 0x5C: Self.append("\\\\", to: &bytes)
        case 0x0A: Self.append("\\n", to: &bytes)
        case 0x0D: Self.append("\\r", to: &bytes)
        case 0x09: Self.append("\\t", to: &bytes)
        default:
            // All that are escaped lie in the basic plane.
            Self.append("\\u", to: &bytes)
            Self.appendHexadecimal(UInt64(scalar), digits: 4, to: &bytes)
        }
    }

    /// Whether a scalar above U+007F may stand in a line as it is.
    private static func isHarmless(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9F,  // C1 controls: terminals obey them
            0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069,  // direction marks, overrides and isolates
            0x2028, 0x2029,  // line and paragraph separator
            0xFEFF, 0xFFF9...0xFFFB:  // byte order mark, interlinear annotation
            false
        default: true
        }
    }

    /// The scalar that begins at `index`, nil when the bytes there are not UTF-8 (RFC 3629 section 4).
    private static func scalar(in raw: UnsafeRawBufferPointer, at index: Int) -> (value: UInt32, length: Int)? {
        let first = raw[index]
        let length: Int
        let smallest: UInt32
        switch first {
        case 0xC2...0xDF: (length, smallest) = (2, 0x80)
        case 0xE0...0xEF: (length, smallest) = (3, 0x800)
        case 0xF0...0xF4: (length, smallest) = (4, 0x10000)
        default: return nil
        }
        guard raw.count - index >= length else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = raw[index + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= smallest, value <= 0x10FFFF, !(0xD800...0xDFFF).contains(value) else { return nil }
        return (value, length)
    }

    /// Whether a value can stand in a text line without quotes.
    static func isBare(_ text: borrowing RawSpan) -> Bool {
        text.withUnsafeBytes { raw in
            // A lone dash means that there is no value.
            if raw.isEmpty || raw.count > Self.longest || (raw.count == 1 && raw[0] == 0x2D) { return false }
            for byte in raw where byte <= 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C || byte == 0x3D {
                return false
            }
            return true
        }
    }

    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(0x2D) }
        Self.append(value.magnitude, minimumDigits: 1, to: &bytes)
    }

    /// Decimal digits, with leading zeros up to `minimumDigits`.
    static func append(_ value: UInt64, minimumDigits: Int, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while start > 0 && (rest > 0 || digits.count - start < minimumDigits)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Microseconds as milliseconds with three decimals.
    static func append(milliseconds microseconds: Int64, to bytes: inout [UInt8]) {
        let value = UInt64(Swift.max(microseconds, 0))
        Self.append(value / 1000, minimumDigits: 1, to: &bytes)
        bytes.append(0x2E)
        Self.append(value % 1000, minimumDigits: 3, to: &bytes)
    }

    static func appendHexadecimal(_ value: UInt64, digits: Int, to bytes: inout [UInt8]) {
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(index * 4)) & 0xF
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
