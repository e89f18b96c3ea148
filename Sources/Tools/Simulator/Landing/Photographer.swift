import Catalog
import Foundation
import Profiles
import Stack

/// Takes the landing page's pictures: the list, the confirmation, the order delivered; one guest a language.
struct Photographer {
    /// A phone of our days, in CSS pixels, two device pixels each.
    private static let phone = (width: 390, height: 844, scale: 2)
    static let languages = [(name: "en", tag: "en-GB"), (name: "zh", tag: "zh-CN")]

    let book: GuestBook
    /// The directory of the pictures.
    let target: String

    /// - Returns: the paths of the pictures.
    func work() async throws -> [String] {
        let users = book.people(Self.languages.count, where: Self.isGuest)
        guard users.count == Self.languages.count else { throw StackFailure("no guest was found") }
        try await book.preload(users)
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        var paths: [String] = []
        for (language, user) in zip(Self.languages, users) {
            paths += try shoot(language.name, language.tag, LandingGuest(user: user))
        }
        return paths
    }

    /// Plays several games, and one of them as two: there is a choice to be shown.
    private static func isGuest(_ games: [GameProfile]) -> Bool {
        games.count >= 3 && games.contains { $0.roles.count > 1 }
    }

    private func shoot(_ name: String, _ language: String, _ guest: LandingGuest) throws -> [String] {
        let browser = try Browser(in: book.house.run, name: "browser-\(name)", language: language)
        defer { browser.stop() }
        let page = try browser.page(
            width: Self.phone.width, height: Self.phone.height, scale: Self.phone.scale)
        var paths: [String] = []
        func take(_ what: String) throws {
            try page.evaluate(Self.rest)
            let path = "\(target)/\(name)-\(what).png"
            try Data(try page.screenshot()).write(to: URL(fileURLWithPath: path))
            paths.append(path)
        }
        try page.open(book.link(guest))
        try page.wait(for: "document.querySelector('.gift.is-free button')")
        try take("list")
        try page.evaluate(Self.choose)
        try page.wait(for: "document.querySelector('dialog').open")
        try page.evaluate("document.querySelector('dialog input').click()")
        try take("confirm")
        try page.evaluate("document.getElementById('sheet-yes').click()")
        try page.wait(for: "document.getElementById('order').dataset.state === 'delivered'")
        try page.evaluate("document.getElementById('order').scrollIntoView({ behavior: 'instant' })")
        try take("delivered")
        guard page.complaints.isEmpty else {
            throw StackFailure("the page complains:\n\(page.complaints.joined(separator: "\n"))")
        }
        return paths
    }

    /// Opens the dialog of the first gift for which there is a choice of roles, else of the first.
    private static let choose = """
        (async () => {
          const buttons = [...document.querySelectorAll(".gift.is-free button")];
          for (const button of buttons) {
            button.click();
            if (document.querySelectorAll("dialog input").length > 1) return;
            const dialog = document.querySelector("dialog");
            const closed = new Promise((done) => dialog.addEventListener("close", done, { once: true }));
            dialog.close();
            await closed;
          }
          buttons[0].click();
        })()
        """

    /// Until nothing moves any more but what moves for ever.
    private static let rest = """
        (async () => {
          const seen = [...document.images].filter((image) => {
            const box = image.getBoundingClientRect();
            return image.src && box.width > 0 && box.top < innerHeight && box.bottom > 0;
          });
          await Promise.all(seen.map((image) => image.decode()));
          await document.fonts.ready;
          await new Promise(requestAnimationFrame);
          const passing = document.getAnimations()
            .filter((one) => one.effect.getComputedTiming().iterations !== Infinity);
          await Promise.allSettled(passing.map((one) => one.finished));
          await new Promise(requestAnimationFrame);
        })()
        """
}
