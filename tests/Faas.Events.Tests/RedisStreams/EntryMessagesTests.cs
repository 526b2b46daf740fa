using System.Text;
using Faas.Events.RedisStreams;
using StackExchange.Redis;

namespace Faas.Events.Tests.RedisStreams;

public sealed class EntryMessagesTests
{
    [Theory]
    [InlineData("data", """{"total":3}""", "application/json")]
    [InlineData("body", "plain text", null)]
    [InlineData("payload", "[1,2]", "application/json")]
    [InlineData("message", """{"specversion":"1.0"}""", "application/cloudevents+json")]
    [InlineData("event", "7", "application/json")]
    public void A_field_alone_with_a_usual_name_is_the_body(string name, string value, string? type)
    {
        var message = EntryMessages.Of("orders", "1526919030474-0", [new NameValueEntry(name, value)]);
        Assert.Equal(value, Encoding.UTF8.GetString(message.Body.Span));
        Assert.Equal(type, message.ContentType);
        Assert.Equal(("orders", "1526919030474-0"), (message.Subject, message.Identity));
        Assert.Equal(new DateTimeOffset(2018, 5, 21, 16, 10, 30, 474, TimeSpan.Zero), message.SentAt);
    }

    [Fact]
    public void A_content_type_beside_the_body_is_its_content_type()
    {
        var message = EntryMessages.Of("orders", "1-0", [new NameValueEntry("content-type", "text/csv"), new NameValueEntry("data", "a,b")]);
        Assert.Equal(("a,b", "text/csv"), (Encoding.UTF8.GetString(message.Body.Span), message.ContentType));
    }

    [Fact]
    public void Other_fields_are_a_JSON_object_of_texts_and_what_is_no_text_is_base64()
    {
        byte[] bytes = [0xff, 0xfe];
        var message = EntryMessages.Of("orders", "1-0", [new NameValueEntry("total", "3"), new NameValueEntry("data", "x"), new NameValueEntry("picture", bytes), new NameValueEntry("total", "4")]);
        Assert.Equal("""{"total":"4","data":"x","picture_base64":"//4="}""", Encoding.UTF8.GetString(message.Body.Span));
        Assert.Equal("application/json", message.ContentType);
        Assert.Empty(message.Attributes);
    }

    [Theory]
    [InlineData("ce-")]
    [InlineData("ce_")]
    [InlineData("cloudEvents:")]
    public void Fields_with_a_prefix_of_CloudEvents_are_its_attributes(string prefix)
    {
        var message = EntryMessages.Of("orders", "1-0",
        [
            new NameValueEntry(prefix + "specversion", "1.0"), new NameValueEntry(prefix + "id", "42"), new NameValueEntry(prefix + "source", "/shop"),
            new NameValueEntry(prefix + "type", "paid"), new NameValueEntry("datacontenttype", "text/plain"), new NameValueEntry("data", "thanks"),
        ]);
        Assert.Equal("id=42,source=/shop,specversion=1.0,type=paid", string.Join(',', message.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal(("thanks", "text/plain"), (Encoding.UTF8.GetString(message.Body.Span), message.ContentType));
    }

    [Theory]
    [InlineData("0-5")]
    [InlineData("18446744073709551615-1")]
    [InlineData("253402300800000-0")]
    public void An_id_that_its_producer_has_made_up_is_no_time(string id) => Assert.Null(EntryMessages.Of("orders", id, []).SentAt);
}
