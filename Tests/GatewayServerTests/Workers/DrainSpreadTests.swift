import NIOCore
import Testing

@testable import GatewayServer

@Suite struct DrainSpreadTests {
    @Test(arguments: [
        (0, Int64(20), Int64(0)), (1, 20, 2), (500, 20, 1000), (100_000, 20, 16_000), (10, 0, 0), (10, -5, 0),
    ])
    func spread_growsWithTheSockets_andStaysInTheWindow(sockets: Int, seconds: Int64, milliseconds: Int64) {
        let spread = Relay.drainSpread(sockets: sockets, window: .seconds(seconds))
        #expect(spread == .milliseconds(milliseconds))
    }
}
