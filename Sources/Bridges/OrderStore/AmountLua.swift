import Orders

/// The amounts of lucky packets inside Redis: the same arithmetic as
/// ``LuckySplit/amount(_:remaining:left:_:_:)``, number for number, where its formulas are explained.
enum AmountLua {
    /// `sum(amounts)`: of 4 bytes each. `amountsOf(rule, units, left, take, random)`: the next `take` amounts
    /// and the units that remain; 12 random bytes an amount.
    static let source = """
        local function sum(amounts)
            local units = 0
            for at = 1, #amounts, 4 do units = units + struct.unpack('>I4', amounts, at) end
            return units
        end
        local function chance(random, at)
            local hi, lo = struct.unpack('>I2I4', random, at)
            return (hi * 4294967296 + lo) / 281474976710656
        end
        local function amountsOf(rule, units, left, take, random)
            local out = {}
            for i = 1, take do
                local n, amount = left - i + 1, units
                if n > 1 then
                    local pick, round = chance(random, i * 12 - 11), chance(random, i * 12 - 5)
                    if rule == 'd' then
                        local most = 2 * units / n - 1
                        local whole = math.floor(most)
                        if round < most - whole then whole = whole + 1 end
                        amount = 1 + math.floor(pick * whole)
                    else
                        local share = (units - n) * (1 - (1 - pick) ^ (1 / (n - 1)))
                        local whole = math.floor(share)
                        if round < share - whole then whole = whole + 1 end
                        amount = 1 + whole
                    end
                end
                units = units - amount
                out[i] = struct.pack('>I4', amount)
            end
            return table.concat(out), units
        end

        """
}
