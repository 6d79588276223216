import GatewayMessage

/// The pairs of a query that are named like one parameter.
///
/// Names and values are decoded once, as `application/x-www-form-urlencoded` is: `+` is a blank, `%41` an `A`, a broken
/// escape stands for itself. Only `&` separates pairs.
struct QueryToken: Sendable {
    let parameter: [UInt8]

    init(parameter: String) { self.parameter = Array(parameter.utf8) }

    /// One pair: the whole of it, and the value as received.
    struct Pair {
        var whole: ByteRange
        var value: ByteRange
    }

    /// The next pair with our name at or behind `offset`.
    func next(in query: ByteRange, from offset: Int, bytes: RawSpan) -> Pair? {
        let queryEnd = query.upperBound
        var start = offset
        while start <= queryEnd {
            var end = start
            var equals: Int?
            while end < queryEnd, bytes.at(end) != UInt8(ascii: "&") {
                if equals == nil, bytes.at(end) == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            let nameEnd = equals ?? end
            if self.isParameter(from: start, to: nameEnd, in: bytes) {
                return Pair(
                    whole: ByteRange(start: start, end: end),
                    value: ByteRange(start: equals.map { $0 + 1 } ?? end, end: end)
                )
            }
            start = end + 1
        }
        return nil
    }

    private func isParameter(from start: Int, to end: Int, in bytes: RawSpan) -> Bool {
        guard end - start >= self.parameter.count else { return false }
        var offset = start
        for expected in self.parameter {
            guard offset < end else { return false }
            let (byte, length) = Self.decoded(at: offset, before: end, in: bytes)
            guard byte == expected else { return false }
            offset += length
        }
        return offset == end
    }

    /// One decoded byte and how many it took.
    static func decoded(at offset: Int, before end: Int, in bytes: RawSpan) -> (byte: UInt8, length: Int) {
        let byte = bytes.at(offset)
        if byte == UInt8(ascii: "+") { return (0x20, 1) }
        if byte == .percent, let value = Hexadecimal.pair(in: bytes, at: offset + 1, before: end) { return (value, 3) }
        return (byte, 1)
    }

    /// Marks every pair with our name as cut, and with it those that are cut already, each with one `&` beside it; all other
    /// bytes stay. When nothing but such pairs was there the whole query is cut, and the head writer leaves the `?` out too.
    func cut(from head: inout RequestHead, bytes: RawSpan) {
        guard let query = head.query else { return }
        // In most queries there is nothing to cut, and nothing to move.
        guard self.next(in: query, from: query.lowerBound, bytes: bytes) != nil else { return }
        // Shared storage could not be kept.
        let earlier = head.queryCuts.isEmpty ? [] : head.queryCuts
        head.queryCuts.removeAll(keepingCapacity: true)
        var start = query.lowerBound
        var isOpenEnded = false
        while start <= query.upperBound {
            let end = Self.endOfPair(from: start, in: query, bytes)
            isOpenEnded = self.isNamed(from: start, to: end, in: bytes) || earlier.contains { $0.covers(start, end) }
            // The separator behind the pair goes with it.
            if isOpenEnded { head.addCut(from: start, to: min(end + 1, query.upperBound)) }
            start = end + 1
        }
        // A run at the end has no separator behind it: the one before it goes instead.
        guard isOpenEnded else { return }
        head.widenLastCut(in: query)
    }

    private func isNamed(from start: Int, to end: Int, in bytes: RawSpan) -> Bool {
        var nameEnd = start
        while nameEnd < end, bytes.at(nameEnd) != UInt8(ascii: "=") { nameEnd += 1 }
        return self.isParameter(from: start, to: nameEnd, in: bytes)
    }

    private static func endOfPair(from start: Int, in query: ByteRange, _ bytes: RawSpan) -> Int {
        var end = start
        while end < query.upperBound, bytes.at(end) != UInt8(ascii: "&") { end += 1 }
        return end
    }
}

extension ByteRange {
    /// Whether a pair lies in this cut. Empty pairs have no name and are never cut.
    fileprivate func covers(_ start: Int, _ end: Int) -> Bool {
        self.lowerBound <= start && end <= self.upperBound && start < end
    }
}

extension RequestHead {
    fileprivate mutating func addCut(from start: Int, to end: Int) {
        if let last = self.queryCuts.last, last.upperBound == start {
            self.queryCuts[self.queryCuts.count - 1] = ByteRange(start: last.lowerBound, end: end)
        } else {
            self.queryCuts.append(ByteRange(start: start, end: end))
        }
    }

    fileprivate mutating func widenLastCut(in query: ByteRange) {
        guard let last = self.queryCuts.last, last.lowerBound > query.lowerBound else { return }
        self.queryCuts[self.queryCuts.count - 1] = ByteRange(start: last.lowerBound - 1, end: last.upperBound)
    }
}
