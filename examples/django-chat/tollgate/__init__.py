"""What a Django project behind Tollgate can use as it is: copy this folder into yours.

* `middleware` and `authentication`: HTTP requests whose user the gateway has proved (Django and Django REST framework).
* `channels`: the same for WebSockets.
* `revocation`, `views`, `serializers`: logging out, and the list of revoked tokens that the gateway polls.

The settings, with their defaults, are in `conf`. None of the parts needs the others.
"""
