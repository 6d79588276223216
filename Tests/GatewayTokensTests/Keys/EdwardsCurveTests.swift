import Testing

@testable import GatewayTokens

struct EdwardsCurveTests {
    @Test(arguments: EdwardsCurve.allCases)
    func smallestPoints_areRecognised_withEitherSign(_ curve: EdwardsCurve) {
        for y in [0, 1] as [UInt8] {
            var point = [y] + [UInt8](repeating: 0, count: curve.pointLength - 1)
            #expect(curve.isSmallOrder(point))
            point[curve.pointLength - 1] = 0x80
            #expect(curve.isSmallOrder(point))
        }
        #expect(!curve.isSmallOrder([3] + [UInt8](repeating: 0, count: curve.pointLength - 1)))
    }

    @Test func ed25519_knowsPMinusOneUpToPPlusOne() {
        let ones = [UInt8](repeating: 0xFF, count: 30)
        for first in [0xEC, 0xED, 0xEE] as [UInt8] {
            #expect(EdwardsCurve.ed25519.isSmallOrder([first] + ones + [0x7F]))
            #expect(EdwardsCurve.ed25519.isSmallOrder([first] + ones + [0xFF]))
        }
        #expect(!EdwardsCurve.ed25519.isSmallOrder([0xEB] + ones + [0x7F]))
    }
}
