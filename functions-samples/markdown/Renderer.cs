// Markdown to HTML with Markdig: tables, footnotes, task lists; raw HTML in the input is shown, not passed on.
//
//   curl localhost:8080/function/markdown --data-binary @README.md -H 'content-type: text/markdown' > README.html

using Faas.Functions;
using Markdig;

namespace Samples.Markdown;

public static class Renderer
{
    // Built once for an instance; a pipeline is immutable and cheap to use from then on.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseAdvancedExtensions().DisableHtml().Build();

    public static HttpResult Render(string markdown) => HttpResult.Html(Markdig.Markdown.ToHtml(markdown, Pipeline));
}
