using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>The names of members in the allow-lists: <c>Type.Member</c>, without namespace and parameters.</summary>
public static class Members
{
    public static string NameOf(SyntaxNode node)
    {
        var member = node.AncestorsAndSelf().OfType<MemberDeclarationSyntax>()
            .FirstOrDefault(candidate => candidate is not BaseTypeDeclarationSyntax);
        var type = node.AncestorsAndSelf().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault()?.Identifier.ValueText ?? "Program";
        return member switch
        {
            MethodDeclarationSyntax method => $"{type}.{method.Identifier.ValueText}",
            ConstructorDeclarationSyntax => $"{type}.ctor",
            PropertyDeclarationSyntax property => $"{type}.{property.Identifier.ValueText}",
            BaseFieldDeclarationSyntax field => $"{type}.{field.Declaration.Variables[0].Identifier.ValueText}",
            OperatorDeclarationSyntax operation => $"{type}.operator{operation.OperatorToken.ValueText}",
            DelegateDeclarationSyntax declared => declared.Identifier.ValueText,
            _ => type,
        };
    }
}
