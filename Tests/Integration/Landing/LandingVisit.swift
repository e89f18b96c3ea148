import Stack
import Testing
import Wire

@testable import Simulator

/// One person's visit to the landing page, in a browser of its own.
final class LandingVisit {
    /// More tabs than the page has places to stop at.
    private static let mostTabs = 120

    let page: BrowserPage
    private let browser: Browser

    init(_ link: String, house: House, name: String, language: String) throws {
        browser = try Browser(in: house.run, name: name, language: language)
        page = try browser.page(width: 390, height: 844)
        try page.open(link)
    }

    deinit {
        browser.stop()
    }

    // MARK: - Looking

    /// Until the list is there, with names instead of ids.
    func waitForList() throws {
        try page.wait(
            for: "document.querySelector('.gift[data-gift]') && document.getElementById('closes').textContent"
        )
    }

    func waitForOrder(_ key: String, _ value: String) throws {
        try page.wait(for: "document.getElementById('order').dataset.\(key) === '\(value)'")
    }

    /// Waits until the element says so.
    func waitForText(_ selector: String, _ text: String) throws {
        try page.wait(
            for: "document.querySelector('\(selector)')?.innerText.includes('\(text)')")
    }

    func text(_ selector: String) throws -> String {
        try string("document.querySelector(`\(selector)`)?.innerText ?? ''")
    }

    func string(_ expression: String) throws -> String {
        guard case .string(let text) = try page.evaluate(expression) else {
            throw StackFailure("\(expression) is no string")
        }
        return text
    }

    func strings(_ expression: String) throws -> [String] {
        guard case .array(let items) = try page.evaluate(expression) else {
            throw StackFailure("\(expression) is no array")
        }
        return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    func holds(_ expression: String) throws -> Bool {
        try page.evaluate("Boolean(\(expression))") == .bool(true)
    }

    /// The gifts shown, in their order.
    func gifts() throws -> [String] {
        try strings("[...document.querySelectorAll('.gift[data-gift]')].map((gift) => gift.dataset.gift)")
    }

    /// Why a gift is not to be had, in the page's words.
    func reason(_ gift: String) throws -> String { try text("[data-gift=\"\(gift)\"] .gift-why") }

    /// The order's number.
    func order() throws -> String {
        try page.wait(for: "document.querySelector('.order-number')")
        return try text(".order-number")
    }

    // MARK: - Acting

    func click(_ selector: String) throws {
        try page.wait(for: "document.querySelector('\(selector)')")
        try page.evaluate("document.querySelector('\(selector)').click()")
    }

    /// Opens the dialog of a gift.
    func choose(_ gift: String) throws {
        try click("[data-gift=\"\(gift)\"] button")
        try page.wait(for: "document.querySelector('dialog').open")
    }

    /// Chooses the first role and confirms.
    func confirm() throws {
        try click("dialog input")
        try click("#sheet-yes")
        try page.wait(for: "!document.querySelector('dialog').open")
    }

    func claim(_ gift: String) throws {
        try choose(gift)
        try confirm()
    }

    /// Presses Tab until it holds of the focused element, `at`.
    func tab(to condition: String) throws {
        for _ in 0..<Self.mostTabs {
            try page.press(.tab)
            if try holds("((at) => \(condition))(document.activeElement)") { return }
        }
        throw StackFailure("no Tab leads to \(condition)")
    }
}
