import Testing

@testable import GatewayServer

@Suite struct RandomPoolTests {
    @Test func numbers_differ_acrossRefills() {
        var pool = RandomPool()
        var seen: Set<UInt64> = []
        for _ in 0..<1000 { seen.insert(pool.next()) }
        #expect(seen.count == 1000)
    }

    @Test func numbers_useEveryBit() {
        var pool = RandomPool()
        var (ones, zeros) = (UInt64(0), UInt64(0))
        for _ in 0..<200 {
            let number: UInt64 = pool.next()
            ones |= number
            zeros |= ~number
        }
        #expect(ones == .max && zeros == .max)
    }
}
