using Methods400.Filings;

namespace Methods400.Checks;

/// <summary>One thing that must hold of a sale before it goes into a return.</summary>
internal abstract class SaleCheck
{
    /// <summary>What breaks the rule, each in a sentence for the seller.</summary>
    public abstract IEnumerable<string> ProblemsOf(Sale sale, Filing filing);
}
