/// The ASCII form of an international host name (RFC 3492), for hints.
enum Punycode {
    /// The whole pattern with every label encoded; nil when a label is too long to be one.
    static func host(_ text: String) -> String? {
        var labels: [String] = []
        for label in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard label.utf8.count <= 1024 else { return nil }
            // The scheme, if any, stays in front of the first label.
            let slashes = label.lastIndex(of: "/").map { label.index(after: $0) } ?? label.startIndex
            let name = label[slashes...]
            let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
            guard let encoded = isASCII ? String(name) : Self.encode(name).map({ "xn--" + $0 }) else { return nil }
            labels.append(label[..<slashes] + encoded)
        }
        return labels.joined(separator: ".")
    }

    private static func encode(_ label: Substring) -> String? {
        let scalars = label.unicodeScalars.map { Int($0.value) }
        var output = scalars.filter { $0 < 0x80 }.map { UInt8($0) }
        let basicCount = output.count
        if basicCount > 0 { output.append(0x2D) }
        var (next, delta, bias, handled) = (128, 0, 72, basicCount)
        while handled < scalars.count {
            guard let smallest = scalars.filter({ $0 >= next }).min() else { return nil }
            delta += (smallest - next) * (handled + 1)
            next = smallest
            for scalar in scalars {
                if scalar < next { delta += 1 }
                guard scalar == next else { continue }
                Self.append(delta, bias: bias, to: &output)
                bias = Self.adapt(delta, count: handled + 1, isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ delta: Int, bias: Int, to output: inout [UInt8]) {
        var rest = delta
        var base = 36
        while true {
            let threshold = min(max(base - bias, 1), 26)
            if rest < threshold { break }
            output.append(Self.digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            base += 36
        }
        output.append(Self.digit(rest))
    }

    private static func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? 0x61 + value : 0x30 + value - 26) }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var base = 0
        while delta > 455 {
            delta /= 35
            base += 36
        }
        return base + 36 * delta / (delta + 38)
    }
}
