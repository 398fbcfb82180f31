using System.ComponentModel.DataAnnotations;

namespace Bookshop;

/// <summary>The section <c>Shop</c> of the configuration.</summary>
internal sealed class ShopOptions
{
    /// <summary>What the shop is called.</summary>
    [Required]
    public string Name { get; set; } = "";

    /// <summary>Copies that one order may ask for.</summary>
    [Range(1, 1000)]
    public int MaxCopies { get; set; } = 10;
}
