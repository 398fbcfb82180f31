namespace Methods400.Filings;

/// <summary>What the countries have rates of their own for.</summary>
internal enum Category
{
    General,
    Food,
    Books,
    Newspapers,
    Medicines,
}

internal static class Categories
{
    /// <summary>The category of a name, or null. Filings hold names, so that an unknown one refuses a sale and not the whole.</summary>
    public static Category? Find(string name) => name switch
    {
        nameof(Category.General) => Category.General,
        nameof(Category.Food) => Category.Food,
        nameof(Category.Books) => Category.Books,
        nameof(Category.Newspapers) => Category.Newspapers,
        nameof(Category.Medicines) => Category.Medicines,
        _ => null,
    };
}
